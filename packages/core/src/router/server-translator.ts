import type { PooledServer } from "../pool/server.ts";
import { type Frame, mentions, withCuts } from "../runtime/frame.ts";
import type { Translator } from "../session/translator.ts";
import { relatedTask, taskIn } from "../upstream/task-shapes.ts";
import type { Addresses } from "./addresses.ts";
import { each, type Rewrite, rewriteStrings, type StringPaths } from "./rewrite-strings.ts";
import { ownTaskId, wireTaskId } from "./wire-names.ts";

/**
 * What one server says, in the words of the aggregate and back: ids of tasks and names of loggers carry the server's slug,
 * URIs that would lead to another server are marked. Everything else keeps its bytes.
 */
export class ServerTranslator implements Translator {
  readonly slug: string;
  readonly #addresses: () => Addresses;
  readonly #taskId: Rewrite;
  readonly #link: Rewrite;
  readonly #uri: Rewrite;
  readonly #contents: StringPaths;

  /** `addresses`: as they are now. */
  constructor(server: PooledServer, slug: string, addresses: () => Addresses) {
    this.slug = slug;
    this.#addresses = addresses;
    this.#taskId = (id) => wireTaskId(slug, id);
    this.#link = (uri) => addresses().outwardLink(server, uri);
    this.#uri = (uri) => addresses().outward(server, uri);
    this.#contents = contents(this.#link, this.#uri);
  }

  down(frame: Frame): Frame {
    const { method } = frame.head;
    const taskId = this.#taskId;
    if (method === "notifications/message") return this.#withLogger(frame);
    if (method === "sampling/createMessage") {
      return rewriteStrings(frame, { ...meta(taskId), messages: { [each]: { content: this.#contents } } });
    }
    if (method === "notifications/resources/updated") return rewriteStrings(frame, { uri: this.#uri });
    if (method === "notifications/tasks/status") return rewriteStrings(frame, { ...meta(taskId), taskId });
    return rewriteStrings(frame, meta(taskId));
  }

  up(frame: Frame): Frame {
    return rewriteStrings(frame, meta(ownTaskId));
  }

  /** Whether the answer to a request might have to be looked at. */
  mayConcern({ head: { task, version, method = "" } }: Frame): boolean {
    // In the modern era the server decides what becomes a task.
    return (
      task === true || version !== undefined || this.#addresses().mayClash || method.startsWith("tasks/")
    );
  }

  /** The answer to a client's request. */
  answer(request: Frame, answer: Frame): Frame {
    const { method = "", task } = request.head;
    const paths: Record<string, StringPaths | Rewrite> = {};
    if (task || method.startsWith("tasks/")) {
      Object.assign(paths, meta(this.#taskId), { task: { taskId: this.#taskId } });
      if (method === "tasks/get" || method === "tasks/cancel") paths.taskId = this.#taskId;
    }
    if (request.head.version !== undefined && taskIn(answer)) paths.taskId = this.#taskId;
    if (this.#mayNameOthers(method, answer)) {
      if (method === "resources/read") paths.contents = { [each]: { uri: this.#link } };
      else if (method === "prompts/get") paths.messages = { [each]: { content: this.#contents } };
      else if (method === "tasks/get") paths.result = { content: this.#contents };
      else paths.content = this.#contents;
    }
    return Object.keys(paths).length === 0 ? answer : rewriteStrings(answer, paths);
  }

  /** Nearly all answers name no resource: finding that out costs far less than reading them. */
  #mayNameOthers(method: string, answer: Frame): boolean {
    if (!this.#addresses().mayClash) return false;
    if (method === "resources/read") return true;
    return carryingContent.has(method) && mentions(answer, '"resource');
  }

  #withLogger(frame: Frame): Frame {
    const message = frame.value();
    const params = ("params" in message && message.params) || {};
    const start = frame.spans.payload?.start;
    const related = rewriteStrings(frame, {
      ...meta(this.#taskId),
      logger: (name) => `${this.slug}__${name}`,
    });
    if ("logger" in params || start === undefined || Object.keys(params).length === 0) return related;
    const first = { start: start + 1, end: start + 1 };
    return withCuts(related, [{ span: first, text: `"logger":${JSON.stringify(this.slug)},` }]);
  }
}

/** Methods whose results hold content, in a task of the modern era one level deeper. */
const carryingContent = new Set(["tools/call", "prompts/get", "tasks/result", "tasks/get"]);

function meta(taskId: Rewrite): StringPaths {
  return { _meta: { [relatedTask]: { taskId } } };
}

/** Content blocks, one or several: links to resources, and resources embedded, which nobody need ask for. */
function contents(link: Rewrite, embedded: Rewrite): StringPaths {
  const block = { uri: link, resource: { uri: embedded } };
  return { ...block, [each]: block };
}
