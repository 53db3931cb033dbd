import { type Feature, outcome } from "./feature.ts";
import type { Party } from "./party.ts";
import type { Json } from "./sdk-lines.ts";

/** The task of server-everything, from its beginning to its result, and cancelled. */
export const taskFeatures: readonly Feature[] = [
  {
    title: "a task with a question, its states and its result",
    async run(party) {
      party.answers.set("elicitation/create", () => ({
        action: "accept",
        content: { interpretation: "snake" },
      }));
      const asked = party.asked.length;
      const begun = await begin(party, "python");
      const { taskId } = begun.task as { taskId: string };
      const listed = ((await party.request("tasks/list")).tasks as Json[]).filter(
        (one) => one.taskId === taskId,
      );
      const result = await party.request("tasks/result", { taskId });
      // Those of the beginning are sent before the answer that says whose task it is.
      const states = party.heard
        .filter(({ method }) => method === "notifications/tasks/status")
        .map(({ params }) => params)
        .filter((state) => state.taskId === taskId && state.statusMessage !== "Gathering sources...");
      const questions = party.asked.slice(asked);
      return {
        begun,
        listed,
        result,
        states,
        questions,
        got: await party.request("tasks/get", { taskId }),
      };
    },
  },
  {
    title: "a task that is cancelled",
    async run(party) {
      const { taskId } = (await begin(party, "cats")).task as { taskId: string };
      const cancelled = await party.request("tasks/cancel", { taskId });
      return { cancelled, got: await party.request("tasks/get", { taskId }) };
    },
  },
  {
    title: "a task that there is not",
    async run(party) {
      const { code } = (await outcome(party.request("tasks/get", { taskId: "nonsense" }))) as Json;
      return code;
    },
  },
];

function begin(party: Party, topic: string): Promise<Json> {
  const params = {
    name: party.name("simulate-research-query"),
    arguments: { topic, ambiguous: topic === "python" },
  };
  return party.request("tools/call", { ...params, task: { ttl: 60_000 } });
}
