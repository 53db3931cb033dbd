import type { EraTopic } from "../feature.ts";
import { beginning } from "./beginning.ts";
import { changes } from "./changes.ts";
import { errors } from "./errors.ts";
import { listings } from "./listings.ts";
import { messages } from "./messages.ts";
import { questions } from "./questions.ts";
import { states } from "./states.ts";
import { tools } from "./tools.ts";

/** Every row of the second table, in its order. */
export const eraTopics: readonly EraTopic[] = [
  beginning,
  tools,
  listings,
  messages,
  changes,
  questions,
  states,
  errors,
];
