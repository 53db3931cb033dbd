import type { Clock } from "../clock.ts";
import { errorFrame } from "../errors/error-frame.ts";
import { withoutMembers } from "../modern/envelope.ts";
import { OmgError } from "../runtime/errors.ts";
import {
  type Frame,
  type FrameHead,
  notificationFrame,
  type RequestId,
  requestFrame,
} from "../runtime/frame.ts";
import type { FrameSendOptions, Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { cancellation } from "./cancellation.ts";
import { enveloped } from "./enveloped.ts";
import { answerWithInput } from "./input-rounds.ts";
import { Listen } from "./listen.ts";
import {
  argumentHeaders,
  argumentHeadersIn,
  mirroredArguments,
  standardHeaders,
} from "./mirrored-headers.ts";
import { ModernTasks } from "./modern-tasks.ts";
import { ownerOf, unknownTask } from "./owned-tasks.ts";
import { taskIn } from "./task-shapes.ts";
import { type ModernTaskOwners, newModernTask, TasksForLegacy } from "./tasks-for-legacy.ts";
import type { Edits, UpstreamEvents } from "./upstream-types.ts";

/** How a request is sent, by what it says in the end. */
export type Sending = (head: FrameHead) => FrameSendOptions;

export interface ModernRequestsOptions {
  readonly server: string;
  readonly clock: Clock;
  /** Whether each message goes by itself, with headers and a stream of its own. */
  readonly isPerRequest: boolean;
  readonly callTimeoutMs: number;
  readonly maxCallMs: number;
  /** Whose its tasks are; where they run behind a URL, they outlast the instance. */
  readonly taskOwners: ModernTaskOwners;
  readonly request: (
    frame: Frame,
    timeoutMs: number,
    call?: Call,
    edits?: Edits,
    sending?: Sending,
  ) => Promise<Frame>;
  /** Sends a frame as it is, past the ledger. */
  readonly send: (frame: Frame, options?: FrameSendOptions) => Promise<void>;
  /** Takes an answer to the server. */
  readonly answer: (frame: Frame) => void;
  readonly nextId: () => number;
  /** Something arrived that nobody may see. */
  readonly drop: (what: string) => void;
  /** A request was given up: its answer may come all the same. */
  readonly owe: () => void;
  readonly events: Pick<UpstreamEvents, "onChange" | "onBusy" | "tool">;
}

/** Requests to one instance of the modern era (MCP 2026-07-28): each says by itself who asks. */
export class ModernRequests {
  readonly #options: ModernRequestsOptions;
  /** What is in flight where each request has a stream of its own: ending the stream cancels it. */
  readonly #streams = new Map<RequestId, AbortController>();

  readonly #listen: Listen;
  readonly #tasks: ModernTasks;
  readonly #forLegacy: TasksForLegacy;

  constructor(options: ModernRequestsOptions) {
    const { server, clock, isPerRequest, callTimeoutMs, nextId, send, drop, events } = options;
    this.#options = options;
    this.#tasks = new ModernTasks({
      clock,
      keepAwake: (awake) => events.onBusy(awake),
      look: (taskId) => this.ask("tasks/get", { taskId }, callTimeoutMs),
    });
    this.#forLegacy = new TasksForLegacy({
      server,
      clock,
      maxCallMs: options.maxCallMs,
      owners: options.taskOwners,
      ask: (method, params) => this.ask(method, params, callTimeoutMs),
    });
    this.#listen = new Listen({
      server,
      clock,
      timeoutMs: callTimeoutMs,
      nextId,
      send: (request, signal) => {
        const frame = enveloped(request);
        return send(frame, isPerRequest ? { signal, headers: standardHeaders(frame.head) } : undefined);
      },
      cancel: (id) => {
        this.#options.owe();
        const frame = cancellation(id, "Not wanted any more");
        if (!isPerRequest) send(frame).catch(() => {});
      },
      onChange: (frame) => events.onChange(frame),
      onDropped: drop,
    });
  }

  /** A client's request; the answer still has the upstream id. */
  forward(call: Call, edits?: Edits): Promise<Frame> {
    const subscribed = this.#subscription(call.frame.head, edits?.uri, call);
    if (subscribed) return subscribed;
    const send = (frame: Frame) => this.#send(frame, this.#options.callTimeoutMs, call, edits);
    // A client of the same era says everything itself, and takes every answer.
    if (call.caller.era === "modern") {
      this.#mustOwnTask(call, edits);
      return this.#passThrough(call, send(call.frame));
    }
    return this.#forLegacy.about(call, edits) ?? this.#answerLegacy(call, send);
  }

  /** Asks something for the gateway itself. */
  ask(method: string, params: Params | undefined, timeoutMs: number): Promise<Frame> {
    const frame = requestFrame(0, method, params);
    return this.#subscription(frame.head) ?? this.#send(enveloped(frame), timeoutMs);
  }

  /** Hears of changes from now on. */
  listen(capabilities: Params): void {
    this.#listen.start(capabilities);
  }

  /** Takes what the server says of its own accord if this era has its own way with it. Returns whether it has. */
  took(frame: Frame): boolean {
    const { kind, id } = frame.head;
    if (kind === "notification") return this.#listen.take(frame);
    if (kind === "request") this.#refuse(id as RequestId, frame);
    return kind === "request" || this.#listen.answered(frame);
  }

  /** A session that has ended leaves no tasks. */
  endSession(session: string): void {
    this.#forLegacy.endSession(session);
  }

  /** The conversation is over. */
  end(why: OmgError): void {
    this.#listen.end(why);
    this.#tasks.end();
    for (const stream of this.#streams.values()) stream.abort(why);
  }

  /** How a notification is sent. */
  notifying(head: FrameHead): FrameSendOptions | undefined {
    return this.#options.isPerRequest ? { headers: standardHeaders(head) } : undefined;
  }

  /** Nobody waits for the answer any more. Returns whether that is all it takes, and the server knows. */
  cancel(id: RequestId, why: OmgError): boolean {
    this.#streams.get(id)?.abort(why);
    return this.#options.isPerRequest;
  }

  #answerLegacy(call: Call, send: (frame: Frame) => Promise<Frame>): Promise<Frame> {
    const { server } = this.#options;
    const plain = call.frame.head.task ? withoutMembers(call.frame, "task") : call.frame;
    const request = enveloped(plain, call.caller);
    const onTask = (answer: Frame) => {
      this.#noteTask(answer);
      return this.#forLegacy.made(call, answer);
    };
    return answerWithInput({ server, call, request, send, onTask });
  }

  async #passThrough({ caller }: Call, answered: Promise<Frame>): Promise<Frame> {
    const answer = await answered;
    const task = this.#noteTask(answer);
    if (task) this.#options.taskOwners.add(task.taskId, ownerOf(caller), newModernTask(task));
    return answer;
  }

  #noteTask(answer: Frame) {
    const task = taskIn(answer);
    // What runs behind a URL does not end with the gateway's side of it.
    if (task && !this.#options.isPerRequest) this.#tasks.began(task);
    return task;
  }

  /** Throws unless a client of the modern era may know of the task that it asks for. */
  #mustOwnTask({ frame: { head }, caller }: Call, edits?: Edits): void {
    if (head.taskId === undefined || !head.method?.startsWith("tasks/")) return;
    const { server, taskOwners } = this.#options;
    const taskId = edits?.taskId ?? head.taskId;
    if (!taskOwners.get(taskId, ownerOf(caller))) throw unknownTask(server, taskId);
  }

  /** What a legacy client calls subscribing is a matter of the one stream for changes. */
  #subscription({ method, uri }: FrameHead, own = uri, call?: Call): Promise<Frame> | undefined {
    if (own === undefined) return undefined;
    if (method === "resources/subscribe") return this.#listen.subscribe(own, call);
    return method === "resources/unsubscribe" ? Promise.resolve(this.#listen.unsubscribe(own)) : undefined;
  }

  /** Servers of this era ask in their results; where each message goes by itself, there is no way to answer either. */
  #refuse(id: RequestId, { head: { method } }: Frame): void {
    const { server, isPerRequest, answer, drop } = this.#options;
    drop(`the request ${method}, which a server of MCP 2026-07-28 must not send`);
    const message = `${method}: a server of MCP 2026-07-28 sends no requests`;
    const refusal = errorFrame(id, new OmgError("method_not_found", { server, message }));
    if (!isPerRequest) answer(refusal);
  }

  async #send(frame: Frame, timeoutMs: number, call?: Call, edits?: Edits): Promise<Frame> {
    const { isPerRequest, request } = this.#options;
    if (!isPerRequest) return request(frame, timeoutMs, call, edits);
    const own = call?.headers && argumentHeadersIn(call.headers);
    const mirrored = own ?? (call && (await this.#mirrored(frame, edits)));
    const stream = new AbortController();
    let opened: RequestId | undefined;
    const sending: Sending = (head) => {
      opened = head.id as RequestId;
      this.#streams.set(opened, stream);
      return { signal: stream.signal, headers: { ...mirrored, ...standardHeaders(head) } };
    };
    try {
      const answer = await request(frame, timeoutMs, call, edits, sending);
      // Its tools may take other headers than those that are known.
      if (headersMismatch(answer)) this.#options.events.onChange(toolsChanged);
      return answer;
    } finally {
      if (opened !== undefined) this.#streams.delete(opened);
    }
  }

  /** The headers that the tool wants for its arguments, for a client that can not send them. */
  async #mirrored(frame: Frame, edits?: Edits): Promise<Record<string, string> | undefined> {
    const { method, name = "" } = frame.head;
    if (method !== "tools/call") return undefined;
    const tool = await this.#options.events.tool?.(edits?.name ?? name);
    if (!tool) return undefined;
    const message = frame.value();
    return argumentHeaders(
      mirroredArguments(tool),
      "params" in message ? message.params?.arguments : undefined,
    );
  }
}

const toolsChanged = notificationFrame("notifications/tools/list_changed");

function headersMismatch(answer: Frame): boolean {
  const message = answer.head.kind === "error" ? answer.value() : undefined;
  return message !== undefined && "error" in message && message.error?.code === -32020;
}
