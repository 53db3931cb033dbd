import type { OutgoingHttpHeaders } from "node:http";
import { OmgError } from "@omg/core";
import { answerHeaders } from "./answer-headers.ts";

const PREFLIGHT: OutgoingHttpHeaders = {
  ...answerHeaders,
  "access-control-allow-methods": "GET, POST, DELETE",
  "access-control-max-age": "3600",
};
const ALLOWED =
  "Content-Type, Authorization, X-API-Key, X-Server-ID, Mcp-Session-Id, MCP-Protocol-Version, Last-Event-ID, Mcp-Method, Mcp-Name";
/** Headers that mirror arguments of tools: each tool has its own. */
const MIRRORED = /^mcp-param-[\w!#$%&'*+.^`|~-]+$/i;
const EXPOSED = "Mcp-Session-Id, WWW-Authenticate, MCP-Protocol-Version";

export interface Cors {
  /** Whether pages of this origin may read our answers. */
  allows(origin: string): boolean;
  /** Headers of every answer; `undefined`: none. */
  headers(origin: string | undefined): OutgoingHttpHeaders | undefined;
  /** Further headers of the answer to a preflight, which asks for these headers. */
  preflight(requested: string | undefined): OutgoingHttpHeaders;
}

/** Cross-origin sharing for exactly the listed origins; `*` lists all. Credentials of the browser are never shared. */
export function corsPolicy(origins: readonly string[]): Cors {
  for (const origin of origins) if (origin !== "*" && !isOrigin(origin)) throw noOrigin(origin);
  const listed = new Set(origins);
  const all = listed.has("*");
  const allows = (origin: string) => origin !== "null" && (all || listed.has(origin));
  return {
    allows,
    preflight(requested = "") {
      const names = requested.split(",").map((name) => name.trim());
      const mirrored = names.filter((name) => MIRRORED.test(name));
      return { ...PREFLIGHT, "access-control-allow-headers": [ALLOWED, ...mirrored].join(", ") };
    },
    headers(origin) {
      if (listed.size === 0) return undefined;
      const vary: OutgoingHttpHeaders = all ? {} : { vary: "Origin" };
      if (origin === undefined || !allows(origin)) return vary;
      return {
        ...vary,
        "access-control-allow-origin": all ? "*" : origin,
        "access-control-expose-headers": EXPOSED,
      };
    },
  };
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function noOrigin(text: string): OmgError {
  const message = `corsOrigins: ${JSON.stringify(text)} is no origin, for example https://app.example.com`;
  return new OmgError("config_invalid", { message });
}
