import type { InputRequest } from "@modelcontextprotocol/server";
import { text } from "./content.ts";
import { confirm, elicitWord, filledIn, listRoots, said, sample } from "./questions.ts";
import { type ConformanceTool, noArguments } from "./tool.ts";

const name = "test_input_required_result";
const whatName = elicitWord("What is your name?", "name");

/** Tools whose questions the suite of 2026-07-28 knows, with their keys. */
export const questionTools: readonly ConformanceTool[] = [
  {
    name: `${name}_elicitation`,
    description: "Asks the user for a name",
    inputSchema: noArguments,
    async run(_args, { ask }) {
      const { user_name } = await ask({ user_name: whatName });
      return [text(`Hello, ${filledIn(user_name, "name")}!`)];
    },
  },
  {
    name: `${name}_sampling`,
    description: "Asks the client's model for a capital",
    inputSchema: noArguments,
    async run(_args, { ask }) {
      const { capital_question } = await ask({ capital_question: sample("What is the capital of France?") });
      return [text(said(capital_question))];
    },
  },
  {
    name: `${name}_list_roots`,
    description: "Asks the client for its roots",
    inputSchema: noArguments,
    async run(_args, { ask }) {
      const { client_roots } = await ask({ client_roots: listRoots() });
      return [text(`Roots: ${JSON.stringify(client_roots.roots)}`)];
    },
  },
  {
    name: `${name}_request_state`,
    description: "Asks the user for a yes that counts only with its seal",
    inputSchema: noArguments,
    async run(_args, { ask }) {
      await ask({ confirm: confirm("Please confirm") }, { sealed: true });
      return [text("state-ok")];
    },
  },
  {
    name: `${name}_tampered_state`,
    description: "Asks the user for a yes that does not count with another seal",
    inputSchema: noArguments,
    async run(_args, { ask }) {
      await ask({ confirm: confirm("Please confirm") }, { sealed: true });
      return [text("The seal is whole")];
    },
  },
  {
    name: `${name}_multiple_inputs`,
    description: "Asks the user, the model and the client at once",
    inputSchema: noArguments,
    async run(_args, { ask }) {
      const { user_name, greeting, client_roots } = await ask(
        { user_name: whatName, greeting: sample("Generate a greeting", 50), client_roots: listRoots() },
        { sealed: true },
      );
      return [
        text(`${said(greeting)} ${filledIn(user_name, "name")}: ${JSON.stringify(client_roots.roots)}`),
      ];
    },
  },
  {
    name: `${name}_multi_round`,
    description: "Asks the user twice",
    inputSchema: noArguments,
    async run(_args, { ask }) {
      const { step1 } = await ask(
        { step1: elicitWord("Step 1: What is your name?", "name") },
        { sealed: true },
      );
      const { step2 } = await ask(
        { step2: elicitWord("Step 2: What is your favorite color?", "color") },
        { sealed: true },
      );
      return [text(`${filledIn(step1, "name")} likes ${filledIn(step2, "color")}`)];
    },
  },
  {
    name: `${name}_capabilities`,
    description: "Asks all that the client declared to have",
    inputSchema: noArguments,
    async run(_args, { ask, capabilities }) {
      const questions: Record<string, InputRequest> = {};
      if (capabilities.sampling) questions.greeting = sample("Generate a greeting");
      if (capabilities.elicitation) questions.user_name = whatName;
      return [text(`Answered: ${JSON.stringify(await ask(questions))}`)];
    },
  },
];
