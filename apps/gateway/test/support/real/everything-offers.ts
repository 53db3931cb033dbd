import { type Feature, outcome } from "./feature.ts";
import type { Json } from "./sdk-lines.ts";

const document = "demo://resource/static/document/features.md";
const dynamic = "demo://resource/dynamic/text/";

const promptRef = (name: string) => ({ type: "ref/prompt", name });
const templateRef = { type: "ref/resource", uri: `${dynamic}{resourceId}` };

const prompts: [string, Json | undefined][] = [
  ["simple-prompt", undefined],
  ["args-prompt", { city: "Oslo" }],
  ["args-prompt", { city: "Austin", state: "Texas" }],
  ["args-prompt", {}],
  ["completable-prompt", { department: "Sales", name: "Eve" }],
  ["resource-prompt", { resourceType: "Text", resourceId: "5" }],
  ["resource-prompt", { resourceType: "Blob", resourceId: "6" }],
];

/** The lists of server-everything, its prompts, resources, completion, subscriptions and log messages. */
export const offerFeatures: readonly Feature[] = [
  {
    title: "capabilities",
    run: async (party) => party.sdk.getServerCapabilities(),
  },
  { title: "the list of tools", run: (party) => party.tools() },
  { title: "the list of resources", run: (party) => party.request("resources/list") },
  { title: "the list of templates", run: (party) => party.request("resources/templates/list") },
  { title: "the list of prompts", run: (party) => party.request("prompts/list") },
  ...prompts.map(
    ([name, args]): Feature => ({
      title: `the prompt ${name} ${JSON.stringify(args ?? "without arguments")}`,
      run: (party) =>
        outcome(party.request("prompts/get", { name: party.name(name), ...(args && { arguments: args }) })),
    }),
  ),
  ...[document, `${dynamic}7`, "demo://resource/dynamic/blob/8", `${dynamic}x`].map(
    (uri): Feature => ({
      title: `the resource ${uri}`,
      run: (party) => outcome(party.request("resources/read", { uri })),
    }),
  ),
  {
    title: "completion of prompts and templates",
    async run(party) {
      const complete = (ref: Json, name: string, value: string, context?: Json) =>
        party.request("completion/complete", { ref, argument: { name, value }, ...(context && { context }) });
      const prompt = promptRef(party.name("completable-prompt"));
      return [
        await complete(prompt, "department", "S"),
        await complete(prompt, "name", "", { arguments: { department: "Engineering" } }),
        await complete(promptRef(party.name("resource-prompt")), "resourceType", "B"),
        await complete(templateRef, "resourceId", "12"),
        await complete(templateRef, "resourceId", "x"),
      ];
    },
  },
  {
    title: "updates of a resource while it is subscribed to",
    async run(party) {
      const updated = "notifications/resources/updated";
      const toggle = () => party.call("toggle-subscriber-updates");
      const start = party.heard.length;
      await party.request("resources/subscribe", { uri: document });
      await toggle();
      const first = await party.hears(updated, document, start);
      await toggle();
      await party.request("resources/unsubscribe", { uri: document });
      // Updates come in the order of first subscriptions: had the first still held, it would have come before the second.
      const between = party.heard.length;
      await party.request("resources/subscribe", { uri: `${dynamic}1` });
      await toggle();
      const second = await party.hears(updated, "", between);
      await toggle();
      await party.request("resources/unsubscribe", { uri: `${dynamic}1` });
      return { first, second };
    },
  },
  {
    title: "log messages of the level that was set",
    async run(party) {
      const logged = "notifications/message";
      const subscribe = (uri: string) => party.request("resources/subscribe", { uri });
      await party.request("logging/setLevel", { level: "error" });
      const start = party.heard.length;
      await subscribe(`${dynamic}2`);
      await party.request("logging/setLevel", { level: "debug" });
      await subscribe(`${dynamic}3`);
      // Of roots the server speaks when it likes.
      const first = await party.hears(logged, "Received Subscribe", start);
      await party.request("resources/unsubscribe", { uri: `${dynamic}2` });
      await party.request("resources/unsubscribe", { uri: `${dynamic}3` });
      return first;
    },
    onAll: (message) => ({ ...(message as Json), logger: "everything" }),
  },
  {
    title: "simulated log messages",
    async run(party) {
      const start = party.heard.length;
      const started = await party.call("toggle-simulated-logging");
      const { level, data } = await party.hears("notifications/message", "message", start);
      const stopped = await party.call("toggle-simulated-logging");
      return { started, stopped, fits: String(data).toLowerCase().startsWith(String(level)) };
    },
  },
];
