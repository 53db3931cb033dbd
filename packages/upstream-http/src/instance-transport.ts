import { type Frame, type FrameSendOptions, OmgError, within } from "@omg/core/runtime";
import { isConnectFailure } from "./failures.ts";
import { StreamableTransport, type StreamableTransportOptions } from "./streamable-transport.ts";

/** The connections of an instance break before it is known how it ended, or that it is lost: up to 1.5 s, on a machine at rest. */
const lateNewsMs = 3_000;

/** MCP over HTTP with an instance that its runtime watches: what fails because the instance ended says how it did. */
export class InstanceTransport extends StreamableTransport {
  readonly #ended: Promise<string>;

  /** `ended`: in words, how the instance came to its end. */
  constructor(options: StreamableTransportOptions, ended: Promise<string>) {
    super(options);
    this.#ended = ended;
  }

  override async sendFrame(frame: Frame, options?: FrameSendOptions): Promise<void> {
    try {
      await super.sendFrame(frame, options);
    } catch (error) {
      throw await this.#explained(error);
    }
  }

  async #explained(error: unknown): Promise<unknown> {
    const isBroken = OmgError.is(error) && (error.reason === "upstream_closed" || isConnectFailure(error));
    if (!isBroken || error.isSessionLost || !(await within(lateNewsMs, this.#ended))) return error;
    const message = await this.#ended;
    return new OmgError("upstream_closed", { executed: error.executed, message, cause: error });
  }
}
