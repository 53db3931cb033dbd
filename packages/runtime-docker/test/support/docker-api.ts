import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { ownerLabel } from "../../src/container/labels.ts";

/** A container as the engine lists it. */
export interface FoundContainer {
  readonly id: string;
  readonly name: string;
  /** `created`, `running`, `paused`, `exited` … */
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What a test does and sees by itself on an engine, past the runtime. */
export class DockerApi {
  readonly #socketPath: string;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** Of an owner, in whatever state. */
  containers(owner: string): Promise<FoundContainer[]> {
    return this.labelled(`${ownerLabel}=${owner}`);
  }

  /** With a label (`name=value`), in whatever state. */
  async labelled(label: string): Promise<FoundContainer[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
    const found = (await this.ask("GET", `/containers/json?all=1&filters=${filters}`)) as {
      readonly Id: string;
      readonly Names: readonly string[];
      readonly State: string;
      readonly Labels: Record<string, string>;
    }[];
    return found.map(({ Id, Names, State, Labels }) => ({
      id: Id,
      name: Names[0]?.slice(1) ?? "",
      state: State,
      labels: Labels,
    }));
  }

  /** Rejects unless it is just one. */
  async container(owner: string): Promise<FoundContainer> {
    const [found, ...more] = await this.containers(owner);
    if (!found || more.length > 0) throw new Error(`${owner} has ${found ? more.length + 1 : 0} containers`);
    return found;
  }

  /** From when it resolves, it is watched for something, such as `start`, to happen to a container of an owner. */
  async watch(owner: string, action: string): Promise<{ readonly seen: Promise<void> }> {
    const filters = { type: ["container"], event: [action], label: [`${ownerLabel}=${owner}`] };
    const path = `/events?filters=${encodeURIComponent(JSON.stringify(filters))}`;
    const response = await this.open("GET", path);
    const seen = once(response, "data").then(() => void response.destroy());
    return { seen };
  }

  /** Asks for JSON, within a minute; the body is JSON or a stream of a tar. Rejects with the engine's words if it says no. */
  async ask(method: string, path: string, body?: object): Promise<unknown> {
    const sent = body === undefined || body instanceof Readable ? body : JSON.stringify(body);
    const response = await this.open(method, path, sent);
    let answer = "";
    for await (const chunk of response.setEncoding("utf8")) answer += chunk;
    if ((response.statusCode ?? 0) >= 300) throw new Error(`${method} ${path}: ${answer}`);
    return answer === "" || !response.headers["content-type"]?.includes("json") ? answer : parse(answer);
  }

  /** Asks and gives the answer as it comes. */
  async open(method: string, path: string, body?: string | Readable): Promise<IncomingMessage> {
    const type = typeof body === "string" ? "application/json" : "application/x-tar";
    const asking = request({
      socketPath: this.#socketPath,
      method,
      path,
      agent: false,
      headers: body === undefined ? {} : { "content-type": type },
      signal: AbortSignal.timeout(60_000),
    });
    const answered = once(asking, "response") as Promise<[IncomingMessage]>;
    if (body instanceof Readable) body.pipe(asking);
    else asking.end(body);
    const [response] = await answered;
    return response;
  }
}

/** Some answers are several documents, one a line. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
