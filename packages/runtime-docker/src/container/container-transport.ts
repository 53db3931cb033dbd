import { type Frame, type FrameSendOptions, OmgError } from "@omg/core/runtime";
import { isConnectFailure, StreamableTransport, type StreamableTransportOptions } from "@omg/upstream-http";
import { within } from "../within.ts";
import type { Ended } from "./exit-watch.ts";

/** A container's connections break before it is known how it ended, or that it is lost: up to 1.5 s, on a machine at rest. */
const lateNewsMs = 3_000;

/** MCP over HTTP with a server in a container: what fails because the container ended says how it did. */
export class ContainerTransport extends StreamableTransport {
  readonly #ended: Promise<Ended>;

  constructor(options: StreamableTransportOptions, ended: Promise<Ended>) {
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
    const { reason, detail } = await this.#ended;
    const message =
      reason === "lost" ? `its container was lost: ${detail}` : `its container ended: ${detail}`;
    return new OmgError("upstream_closed", { executed: error.executed, message, cause: error });
  }
}
