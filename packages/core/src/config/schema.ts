import * as v from "valibot";
import { mapsOnly, namedMap } from "../runtime/schema-maps.ts";
import { schemaWords } from "../runtime/schema-words.ts";
import { toolPolicySchema } from "./tool-policy-schema.ts";

const text = v.string();
const texts = v.array(text);
const someText = v.pipe(text, v.minLength(1));
const seconds = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const secondsUpTo = (most: number) => v.pipe(seconds, v.minValue(1), v.maxValue(most));
// YAML reads `PORT: 8080` as a number; a variable is text all the same.
const envValue = v.pipe(v.union([text, v.pipe(v.number(), v.finite()), v.boolean()]), v.transform(String));
const id = v.pipe(
  someText,
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  v.check((value) => !/[\u0000-\u001f\u007f]/.test(value), "must not hold control characters"),
  // In a URL these two mean something else.
  v.check((value) => value !== "." && value !== "..", 'must not be "." or ".."'),
);

const pinPolicy = v.picklist(["off", "warn", "block"]);

const entry = v.strictObject({
  id: v.pipe(
    id,
    v.description(
      "Unique name of the server, without control characters; part of URLs and tool names, so best lower case, digits and hyphens",
    ),
  ),
  display_name: v.pipe(v.optional(text), v.description("Name for people. Default: the id")),
  description: v.pipe(
    v.optional(text),
    v.description("What the server is for; shown by omg list and GET /servers"),
  ),
  runtime: v.pipe(
    mapsOnly(v.looseObject({ type: someText })),
    v.description("Where and how the server runs"),
  ),
  env: v.pipe(
    v.optional(namedMap(v.record(text, envValue))),
    v.description("Variables of the server's environment; numbers and truth values are taken as text"),
  ),
  inherit_env: v.pipe(
    v.optional(texts),
    v.description("Names of variables that it gets from the gateway's own environment"),
  ),
  tags: v.pipe(
    v.optional(texts),
    v.description("Words to find the server by: GET /servers?tag= and omg list --tag"),
  ),
  scope: v.pipe(
    v.optional(v.picklist(["shared", "session"])),
    v.description(
      "One instance for all clients (shared) or one for each client session (session), as servers need that ask their clients something. Default: shared",
    ),
  ),
  era: v.pipe(
    v.optional(v.picklist(["auto", "legacy", "modern"])),
    v.description(
      "How the server speaks MCP: up to revision 2025-11-25 (legacy), from 2026-07-28 on (modern), or found out at its first start and remembered (auto). Default: auto",
    ),
  ),
  idle_timeout_seconds: v.pipe(
    v.optional(seconds),
    v.description("The server stops after this long without use; 0: never. Default: the gateway's"),
  ),
  start_timeout_seconds: v.pipe(
    v.optional(secondsUpTo(600)),
    v.description("Longest time from its start to the end of its handshake. Default: the gateway's"),
  ),
  tools: v.pipe(
    v.optional(toolPolicySchema),
    v.description("What clients of all servers see of its tools. Default: all, as they are"),
  ),
  pins: v.pipe(
    v.optional(pinPolicy),
    v.description(
      "What happens when its tools differ from their pins in omg.lock.yaml: nothing (off), a warning (warn), or they can not be used (block). Default: the gateway's",
    ),
  ),
});

const config = v.strictObject({
  runtimes: v.pipe(
    v.optional(
      namedMap(
        v.record(
          v.pipe(text, v.regex(/^[a-z][a-z0-9-]{0,62}$/, "types are small letters, digits and hyphens")),
          someText,
        ),
      ),
    ),
    v.description(
      "Runtimes of others: npm packages, or files whose path starts with ./, found from this file's folder, by the type that entries name",
    ),
  ),
  listen_addr: v.pipe(
    v.optional(text, "localhost:4444"),
    v.description("host:port to listen on; localhost is 127.0.0.1 and ::1. Elsewhere only with a key"),
  ),
  catalog_path: v.pipe(
    v.optional(text),
    v.description("The catalog file, relative to this file, or starting with ~/"),
  ),
  servers: v.pipe(v.optional(v.unknown()), v.description("The catalog itself, in place of catalog_path")),
  log_level: v.pipe(
    v.optional(v.picklist(["trace", "debug", "info", "warn", "error"])),
    v.description(
      "Least level that is logged; --log-level and OMG_LOG_LEVEL win. Default: info; warn for omg stdio",
    ),
  ),
  api_key: v.pipe(
    v.optional(someText),
    v.description("Key that every request must carry. Default: MCP_GATEWAY_API_KEY, if it is set"),
  ),
  idle_timeout_seconds: v.pipe(
    v.optional(seconds, 300),
    v.description("A server stops after this long without use; 0: never"),
  ),
  start_timeout_seconds: v.pipe(
    v.optional(secondsUpTo(600), 30),
    v.description("Longest time from a server's start to the end of its handshake"),
  ),
  request_timeout_seconds: v.pipe(
    v.optional(secondsUpTo(3600), 30),
    v.description("Longest wait for an answer or progress; with progress ten minutes at most"),
  ),
  health_check_interval_seconds: v.pipe(
    v.optional(seconds, 30),
    v.description("How often running servers are pinged; 0: never"),
  ),
  max_connections_per_server: v.pipe(
    v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
    v.description("Calls in flight on one server; more are refused. Default: 4096"),
  ),
  listing_wait_seconds: v.pipe(
    v.optional(seconds, 3),
    v.description("Longest wait for servers never listed before, when a client lists all"),
  ),
  pins: v.pipe(
    v.optional(pinPolicy, "warn"),
    v.description("What happens when tools of a server differ from their pins, for servers that do not say"),
  ),
  cors_enabled: v.pipe(v.optional(v.boolean(), true), v.description("Whether cors_origins counts")),
  cors_origins: v.pipe(
    v.optional(texts, []),
    v.description(
      'Origins whose web pages may call the gateway, for example https://app.example.com; "*" for all',
    ),
  ),
  allowed_hosts: v.pipe(
    v.optional(texts, []),
    v.description("Host names that clients may use besides localhost"),
  ),
  hot_reload: v.pipe(
    v.optional(v.boolean(), true),
    v.description("Whether the files are watched and their changes take effect by themselves"),
  ),
});

/** One entry of `servers:`. */
export const serverSchema = v.config(entry, { message: schemaWords });

/** The top level of config.yaml, but for its servers. */
export const configSchema = v.config(config, { message: schemaWords });

/** The keys of config.yaml as they count, with defaults; `docs/configuration.md` has all of them. */
export type ConfigFile = v.InferOutput<typeof configSchema>;
