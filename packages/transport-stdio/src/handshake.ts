import { type Frame, requestFrame } from "@omg/core";

/** The first message of a client that has none. */
export function ownInitialize(): Frame {
  return requestFrame("omg-bridge", "initialize", {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "omg-stdio-bridge", version: "1" },
  });
}

/** The revision that the answer to `initialize` settles on; an error settles on none. */
export function versionIn(answer: Frame): string | undefined {
  const message = answer.value();
  const version = "result" in message ? message.result.protocolVersion : undefined;
  return typeof version === "string" ? version : undefined;
}
