import { z } from "zod";
import { toolPolicySchema } from "./tool-policy-schema.ts";

const seconds = z.number().int().min(0);
// YAML reads `PORT: 8080` as a number; a variable is text all the same.
const envValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const id = z
  .string()
  .min(1)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), "must not hold control characters")
  // In a URL these two mean something else.
  .refine((text) => text !== "." && text !== "..", 'must not be "." or ".."');

const pinPolicy = z.enum(["off", "warn", "block"]);

/** One entry of `servers:`. */
export const serverSchema = z.strictObject({
  id: id.describe(
    "Unique name of the server, without control characters; part of URLs and tool names, so best lower case, digits and hyphens",
  ),
  display_name: z.string().optional().describe("Name for people. Default: the id"),
  description: z.string().optional().describe("What the server is for; shown by omg list and GET /servers"),
  runtime: z.looseObject({ type: z.string().min(1) }).describe("Where and how the server runs"),
  env: z
    .record(z.string(), envValue)
    .optional()
    .describe("Variables of the server's environment; numbers and truth values are taken as text"),
  inherit_env: z
    .array(z.string())
    .optional()
    .describe("Names of variables that it gets from the gateway's own environment"),
  tags: z
    .array(z.string())
    .optional()
    .describe("Words to find the server by: GET /servers?tag= and omg list --tag"),
  scope: z
    .enum(["shared", "session"])
    .optional()
    .describe(
      "One instance for all clients (shared) or one for each client session (session), as servers need that ask their clients something. Default: shared",
    ),
  era: z
    .enum(["auto", "legacy", "modern"])
    .optional()
    .describe(
      "How the server speaks MCP: up to revision 2025-11-25 (legacy), from 2026-07-28 on (modern), or found out at its first start and remembered (auto). Default: auto",
    ),
  idle_timeout_seconds: seconds
    .optional()
    .describe("The server stops after this long without use; 0: never. Default: the gateway's"),
  start_timeout_seconds: seconds
    .min(1)
    .max(600)
    .optional()
    .describe("Longest time from its start to the end of its handshake. Default: the gateway's"),
  tools: toolPolicySchema
    .optional()
    .describe("What clients of all servers see of its tools. Default: all, as they are"),
  pins: pinPolicy
    .optional()
    .describe(
      "What happens when its tools differ from their pins in omg.lock.yaml: nothing (off), a warning (warn), or they can not be used (block). Default: the gateway's",
    ),
});

/** The top level of config.yaml, but for its servers. */
export const configSchema = z.strictObject({
  runtimes: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, "types are small letters, digits and hyphens"),
      z.string().min(1),
    )
    .optional()
    .describe(
      "Runtimes of others: npm packages, or files whose path starts with ./, found from this file's folder, by the type that entries name",
    ),
  listen_addr: z
    .string()
    .default("localhost:4444")
    .describe("host:port to listen on; localhost is 127.0.0.1 and ::1. Elsewhere only with a key"),
  catalog_path: z
    .string()
    .optional()
    .describe("The catalog file, relative to this file, or starting with ~/"),
  servers: z.unknown().optional().describe("The catalog itself, in place of catalog_path"),
  log_level: z
    .enum(["trace", "debug", "info", "warn", "error"])
    .optional()
    .describe(
      "Least level that is logged; --log-level and OMG_LOG_LEVEL win. Default: info; warn for omg stdio",
    ),
  api_key: z
    .string()
    .min(1)
    .optional()
    .describe("Key that every request must carry. Default: MCP_GATEWAY_API_KEY, if it is set"),
  idle_timeout_seconds: seconds.default(300).describe("A server stops after this long without use; 0: never"),
  start_timeout_seconds: seconds
    .min(1)
    .max(600)
    .default(30)
    .describe("Longest time from a server's start to the end of its handshake"),
  request_timeout_seconds: seconds
    .min(1)
    .max(3600)
    .default(30)
    .describe("Longest wait for an answer or progress; with progress ten minutes at most"),
  health_check_interval_seconds: seconds
    .default(30)
    .describe("How often running servers are pinged; 0: never"),
  max_connections_per_server: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe("Calls in flight on one server; more are refused. Default: 4096"),
  listing_wait_seconds: seconds
    .default(3)
    .describe("Longest wait for servers never listed before, when a client lists all"),
  pins: pinPolicy
    .default("warn")
    .describe("What happens when tools of a server differ from their pins, for servers that do not say"),
  cors_enabled: z.boolean().default(true).describe("Whether cors_origins counts"),
  cors_origins: z
    .array(z.string())
    .default([])
    .describe(
      'Origins whose web pages may call the gateway, for example https://app.example.com; "*" for all',
    ),
  allowed_hosts: z
    .array(z.string())
    .default([])
    .describe("Host names that clients may use besides localhost"),
  hot_reload: z
    .boolean()
    .default(true)
    .describe("Whether the files are watched and their changes take effect by themselves"),
});

/** The keys of config.yaml as they count, with defaults; `docs/configuration.md` has all of them. */
export type ConfigFile = z.output<typeof configSchema>;
