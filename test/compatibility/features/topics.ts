import type { Topic } from "../feature.ts";
import { messages } from "./messages.ts";
import { prompts } from "./prompts.ts";
import { resources } from "./resources.ts";
import { tools } from "./tools.ts";

/** Every row of the table, in its order. */
export const topics: readonly Topic[] = [messages, tools, prompts, resources];
