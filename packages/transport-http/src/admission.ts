import type { IncomingMessage, OutgoingHttpHeaders } from "node:http";
import { OmgError } from "@omg/core";
import { credentialCheck } from "./credential.ts";
import { isLoopbackAddress } from "./host.ts";

export interface AdmissionOptions {
  /** Addresses the front listens on; `undefined`: somebody else listens, and each request's socket says where. */
  readonly bound: readonly string[] | undefined;
  readonly apiKey?: string | undefined;
  readonly principal?: ((incoming: IncomingMessage) => string | undefined) | undefined;
}

/** What a request says of its sender. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly apiKeyHeader: string | undefined;
}

/** Why a request is for nobody. */
export interface Rejection {
  readonly status: 401 | 403;
  readonly message: string;
  readonly headers?: OutgoingHttpHeaders;
}

export interface Admission {
  /** Whether only some are let in, so that what anybody may read is an exception. */
  readonly asks: boolean;
  /** On whose behalf a request comes. */
  principal(incoming: IncomingMessage, credentials: Credentials): string | Rejection;
}

/** Whoever has the one key, however it was brought. */
const keyHolder = "key";
const anybody = "anybody";

const challenge: OutgoingHttpHeaders = { "www-authenticate": "Bearer" };
const keyMissing: Rejection = { status: 401, message: "API key required", headers: challenge };
const keyWrong: Rejection = { status: 403, message: "Invalid API key" };
const unknown: Rejection = { status: 401, message: "Authentication required", headers: challenge };
const beyond: Rejection = {
  status: 403,
  message:
    "Without a credential this gateway serves its own machine only, over loopback addresses: the program that it runs in must give it apiKey or principal",
};

/** Who is let in: by the key, by what the program around it says, or else whoever is on this machine. */
export function admission({ bound, apiKey, principal }: AdmissionOptions): Admission {
  if (principal !== undefined && apiKey !== undefined) {
    const message = "apiKey and principal both say who is let in: give one of them";
    throw new OmgError("config_invalid", { message });
  }
  if (principal !== undefined) {
    return { asks: true, principal: (incoming) => named(principal(incoming)) };
  }
  if (apiKey !== undefined) return byKey(apiKey);
  if (bound !== undefined) return { asks: false, principal: () => anybody };
  return {
    asks: false,
    principal: ({ socket }) => (isLoopbackAddress(socket.localAddress) ? anybody : beyond),
  };
}

/** What a program says of a caller, which may be written in plain JavaScript. */
function named(given: unknown): string | Rejection {
  if (!given) return unknown;
  if (typeof given === "string") return given;
  const message = "principal must give a text or undefined, and at once: a promise is neither";
  throw new OmgError("config_invalid", { message });
}

function byKey(apiKey: string): Admission {
  if (apiKey === "") throw new OmgError("config_invalid", { message: "The API key must not be empty" });
  const verify = credentialCheck(apiKey);
  const answers = { valid: keyHolder, missing: keyMissing, wrong: keyWrong } as const;
  return {
    asks: true,
    principal: (_, { authorization, apiKeyHeader }) => answers[verify(authorization, apiKeyHeader)],
  };
}
