import { PassThrough } from "node:stream";
import {
  defineRuntime,
  type Exit,
  type InstanceV1,
  lineTransport,
  type OptionsSchema,
  type RuntimeV1,
} from "../../src/runtime/index.ts";

/** When a server dies. */
export type Death =
  /** When it has read so many bytes; `eager`: it runs a call once its JSON is complete, not waiting for the line's end. */
  | { readonly afterReading: number; readonly eager: boolean }
  /** When it has written so many bytes. */
  | { readonly afterWriting: number };

/** Servers over pipes that write down what they execute, and die when told, at any byte. */
export class MortalRuntime {
  /** Of the server that runs; bytes count from the moment this is set. */
  death: Death | undefined;
  /** The values of all calls that were executed. */
  readonly executed: string[] = [];
  /** Bytes of the last call and of its answer, line ends included; ids differ in length from instance to instance. */
  readonly lengths = { call: 0, answer: 0 };
  readonly runtime: RuntimeV1 = defineRuntime({
    specVersion: "v1",
    name: "mortal",
    options: passAll,
    start: async ({ instanceId }) => this.#start(instanceId),
  });

  #start(id: string): InstanceV1 {
    const input = new PassThrough({ encoding: "latin1" });
    const output = new PassThrough();
    const { promise: exited, resolve } = Promise.withResolvers<Exit>();
    const end = (reason: Exit["reason"]) => {
      input.destroy();
      output.end();
      resolve({ reason, detail: "it ended" });
    };
    let rest = "";
    input.on("data", (text: string) => {
      const { death } = this;
      const isReader = death !== undefined && "afterReading" in death;
      // A call comes in one piece.
      if (isReader) this.lengths.call = text.length;
      rest += isReader ? text.slice(0, death.afterReading) : text;
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const answer = this.#answer(line);
        if (answer && !isReader) this.#write(output, answer, () => end("exited"));
      }
      if (!isReader) return;
      if (death.eager && isJson(rest)) this.#answer(rest);
      this.death = undefined;
      end("exited");
    });
    return {
      id,
      transport: lineTransport({ input: output, output: input }),
      exited,
      async [Symbol.asyncDispose]() {
        end("stopped");
      },
    };
  }

  #answer(line: string): string | undefined {
    const { id, method, params } = JSON.parse(line);
    if (id === undefined) return undefined;
    let result: object = {};
    if (method === "initialize") result = { ...introduction, protocolVersion: params.protocolVersion };
    else if (method === "server/discover") result = { ...introduction, supportedVersions: ["2026-07-28"] };
    else if (method === "tools/call") {
      const { value } = params.arguments;
      this.executed.push(value);
      result = { resultType: "complete", content: [{ type: "text", text: value }] };
    }
    const answer = `${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`;
    if (method === "tools/call") this.lengths.answer = answer.length;
    return answer;
  }

  #write(output: PassThrough, answer: string, die: () => void): void {
    const { death } = this;
    if (!death || !("afterWriting" in death)) {
      output.write(answer);
      return;
    }
    output.write(answer.slice(0, death.afterWriting));
    this.death = undefined;
    die();
  }
}

const introduction = { capabilities: { tools: {} }, serverInfo: { name: "mortal", version: "1" } };

const passAll: OptionsSchema<unknown> = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
};

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
