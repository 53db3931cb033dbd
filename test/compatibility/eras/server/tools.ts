import { type InputRequest, UrlElicitationRequiredError } from "@modelcontextprotocol/server";
import { text } from "../../../conformance/server/content.ts";
import type { More } from "../../../conformance/server/create-server.ts";
import { confirm } from "../../../conformance/server/questions.ts";
import { type ConformanceTool, noArguments } from "../../../conformance/server/tool.ts";
import type { Era } from "../place.ts";
import { Calls } from "./calls.ts";

export const instructions = "Ask before you count.";
export const loginUrl = "https://example.com/login";

const anything = { type: "object" } as const;

/** What the server of an era has beyond what the conformance suite asks for. Its state is one for all connections. */
export function moreOf(era: Era): More {
  return { instructions, tools: [report, large, pid, log, ...questions(era), ...holding()] };
}

const report: ConformanceTool = {
  name: "report",
  description: "Tells what came, with members that MCP does not define",
  inputSchema: anything,
  outputSchema: anything,
  _meta: { "com.example/listed": { deep: [1, null] } },
  ...{ "com.example/unknown": { deep: [2, null] } },
  async run(args, { meta }) {
    return {
      content: [text("reported")],
      structuredContent: { args, meta },
      _meta: { "com.example/answer": [4, null] },
      "com.example/unknown": { deep: [5, null] },
    };
  },
};

const large: ConformanceTool = {
  name: "large",
  description: "Takes and gives much",
  inputSchema: anything,
  run: ({ filling, size }) => [text(`${String(filling ?? "").length}:${"x".repeat(Number(size ?? 0))}`)],
};

const pid: ConformanceTool = {
  name: "pid",
  description: "Tells which process runs it",
  inputSchema: noArguments,
  run: () => [text(String(process.pid))],
};

const log: ConformanceTool = {
  name: "log",
  description: "Says something at several levels",
  inputSchema: anything,
  async run({ key }, context) {
    for (const level of ["debug", "info", "warning", "error"] as const) {
      await context.log(String(key), level);
    }
    return [text("logged")];
  },
};

function questions(era: Era): ConformanceTool[] {
  const visit: InputRequest = {
    method: "elicitation/create",
    params: { mode: "url", message: "Log in first", url: loginUrl, elicitationId: "login" },
  };
  let hasBeenThere = false;
  return [
    {
      name: "ask_together",
      description: "Asks two questions at once",
      inputSchema: noArguments,
      async run(_args, { ask }) {
        const { a, b } = await ask({ a: confirm("A?"), b: confirm("B?") }, { together: true });
        return [text(`${a.action}, ${b.action}`)];
      },
    },
    {
      name: "ask_url",
      description: "Sends the user to a URL",
      inputSchema: noArguments,
      async run(_args, { ask }) {
        return [text((await ask({ visit })).visit.action as string)];
      },
    },
    {
      name: "need_url",
      description:
        "Runs every other time, after the user has been at a URL; only revision 2025-11-25 has such an error",
      inputSchema: noArguments,
      isThere: () => era === "legacy",
      run() {
        hasBeenThere = !hasBeenThere;
        if (hasBeenThere) throw new UrlElicitationRequiredError([visit.params as never]);
        return [text("welcome")];
      },
    },
  ];
}

function holding(): ConformanceTool[] {
  const calls = new Calls();
  const tool = (name: string, description: string, run: ConformanceTool["run"]): ConformanceTool => ({
    name,
    description,
    inputSchema: anything,
    run,
  });
  return [
    tool("hold", "Answers when it is let go", async ({ key }, { signal, progress }) => {
      await progress(1);
      await calls.hold(String(key), signal);
      await progress(2);
      return [text(String(key))];
    }),
    tool("held", "Answers when a call is being held", async ({ key }) => {
      await calls.was("held", String(key));
      return [text("held")];
    }),
    tool("release", "Lets a held call go", ({ key }) => {
      calls.note("released", String(key));
      return [text("released")];
    }),
    tool("cancelled", "Answers when a held call was cancelled", async ({ key }) => {
      await calls.was("cancelled", String(key));
      return [text("cancelled")];
    }),
  ];
}
