import { errorFrame } from "../errors/error-frame.ts";
import type { ExchangeOptions } from "../gateway/types.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import { readEnvelope } from "./envelope.ts";

/** Answers the requests of clients of the modern era, which have no session. */
export class ModernClients {
  async exchange(frame: Frame, _options: ExchangeOptions): Promise<Frame> {
    try {
      readEnvelope(frame);
      throw new OmgError("method_not_found", { message: `The gateway does not know ${frame.head.method}` });
    } catch (error) {
      return errorFrame(frame.head.id, error);
    }
  }
}
