import type {
  ClientCapabilities,
  InputRequiredResult,
  Server,
  ServerContext,
  ServerOptions,
} from "@modelcontextprotocol/server";
import type { Announcer, CallContext } from "./tool.ts";

/** What differs between the eras of the protocol, for a server. */
export interface Era {
  readonly options: ServerOptions;
  /** Tells the clients of one server. Called once for each, before it is connected. */
  announcerOf(server: Server): Announcer;
  capabilitiesOf(server: Server, call: ServerContext): ClientCapabilities;
  askerOf(call: ServerContext): CallContext["ask"];
}

/** Ends a run that needs answers first. */
export class Unanswered extends Error {
  readonly result: InputRequiredResult;

  constructor(result: InputRequiredResult) {
    super("There are questions to answer");
    this.result = result;
  }
}
