import { text } from "./content.ts";
import { confirm } from "./questions.ts";
import { watchedUri } from "./resources.ts";
import { type ConformanceTool, noArguments } from "./tool.ts";

/** Tools that change something in the fixture, and those that show it. */
export const changeTools: readonly ConformanceTool[] = [
  {
    name: "test_trigger_tool_change",
    description: "Puts a tool on the list, or takes it off again",
    inputSchema: noArguments,
    run(_args, { fixture: { passing }, announce }) {
      passing.tool = !passing.tool;
      announce.toolsChanged();
      return [text("Changed the list of tools")];
    },
  },
  {
    name: "test_passing_tool",
    description: "Comes and goes",
    inputSchema: noArguments,
    isThere: ({ passing }) => passing.tool,
    run: () => [text("Here for now")],
  },
  {
    name: "test_trigger_prompt_change",
    description: "Puts a prompt on the list, or takes it off again",
    inputSchema: noArguments,
    run(_args, { fixture: { passing }, announce }) {
      passing.prompt = !passing.prompt;
      announce.promptsChanged();
      return [text("Changed the list of prompts")];
    },
  },
  {
    name: "test_resource_update",
    description: "Announces a change of the watched resource, to clients that subscribed to it",
    inputSchema: noArguments,
    run(_args, { announce }) {
      announce.resourceUpdated(watchedUri);
      return [text("Announced")];
    },
  },
  {
    name: "test_counted_elicitation",
    description: "Counts a yes of the user",
    inputSchema: noArguments,
    async run(_args, { ask, fixture: { counted } }) {
      counted.entered++;
      const { sure } = await ask({ sure: confirm("Count this?") });
      if (sure.action === "accept") counted.done++;
      return [text(`${sure.action}: ${counted.done}`)];
    },
  },
  {
    name: "test_count",
    description: "Tells how often test_counted_elicitation was entered, and how often it counted",
    inputSchema: noArguments,
    run: (_args, { fixture: { counted } }) => [text(JSON.stringify(counted))],
  },
];
