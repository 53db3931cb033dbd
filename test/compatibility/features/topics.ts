import type { Topic } from "../feature.ts";
import { logging } from "./logging.ts";
import { messages } from "./messages.ts";
import { prompts } from "./prompts.ts";
import { questions } from "./questions.ts";
import { resources } from "./resources.ts";
import { sessions } from "./sessions.ts";
import { subscriptions } from "./subscriptions.ts";
import { tasks } from "./tasks.ts";
import { tools } from "./tools.ts";
import { unasked } from "./unasked.ts";

/** Every row of the table, in its order. */
export const topics: readonly Topic[] = [
  messages,
  tools,
  prompts,
  resources,
  subscriptions,
  logging,
  questions,
  unasked,
  tasks,
  sessions,
];
