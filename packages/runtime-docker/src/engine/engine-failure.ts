/** A request to an engine that it did not do: it refused, failed, or could not be reached. */
export class EngineFailure extends Error {
  /** HTTP status of the engine's answer. Undefined: there was none. */
  readonly status: number | undefined;
  /** What the engine said, or why it could not be asked. */
  readonly said: string;

  constructor(verb: string, said: string, status?: number, cause?: unknown) {
    super(`${verb}: ${said}`, { cause });
    this.status = status;
    this.said = said;
  }

  static ofAnswer(verb: string, status: number, body: string): EngineFailure {
    return new EngineFailure(verb, messageOf(body), status);
  }

  /** From whatever dockerode or Node reject with. */
  static of(verb: string, error: unknown): EngineFailure {
    if (error instanceof EngineFailure) return error;
    const { statusCode, json, code, message } = error as {
      readonly statusCode?: number;
      readonly json?: { readonly message?: unknown } | null;
      readonly code?: unknown;
      readonly message?: string;
    };
    if (typeof statusCode === "number") {
      // Answers that were to be streams are not read as JSON; their words stand behind a prefix of the library's.
      const words = json?.message ?? message?.replace(/^\(HTTP code \d+\) .*? - /s, "");
      return new EngineFailure(verb, String(words).trim(), statusCode, error);
    }
    return new EngineFailure(verb, wordFor(code) ?? String(message ?? error), undefined, error);
  }

  /** Whether there is no such container, image or network. */
  get isMissing(): boolean {
    return this.status === 404;
  }

  /** Whether it is of no use to ask again what was asked: the engine understood and said no. */
  get isRefusal(): boolean {
    return this.status !== undefined && this.status >= 400 && this.status < 500;
  }

  /** Whether the engine did not answer at all, so that nobody knows whether it did what it was asked to. */
  get isSilence(): boolean {
    return this.status === undefined;
  }
}

/** The codes of system calls are words that people search for; those of Node's parser are not. */
function wordFor(code: unknown): string | undefined {
  if (typeof code !== "string") return undefined;
  return code.startsWith("HPE_") ? "what answers there does not speak HTTP" : code;
}

function messageOf(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    if (typeof message === "string") return message.trim();
  } catch {
    // Not every engine answers in JSON.
  }
  return body.trim();
}
