import { mapsOnly, namedMap, valibotOptions } from "@omg/core/runtime";
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { authOptions } from "./auth/auth-options.ts";

const seconds = (longest: number) =>
  v.pipe(v.number(), v.gtValue(0, "must be more than 0"), v.maxValue(longest, `must be at most ${longest}`));

const url = v.pipe(
  v.string(),
  v.rawCheck(({ dataset, addIssue }) => {
    const problem = dataset.typed ? problemOfUrl(dataset.value) : undefined;
    if (problem !== undefined) addIssue({ message: problem });
  }),
);

/** Only what each URL parser reads alike: some drop spaces and line ends, or take a backslash for a slash. */
function problemOfUrl(value: string): string | undefined {
  if (/[\s\p{Cc}\\]/u.test(value)) return "must not contain spaces, line ends or backslashes";
  if (URL.canParse(value) && !/^https?:$/.test(new URL(value).protocol))
    return "must begin with https:// or http://";
  if (!URL.canParse(value) || !/^https?:\/\/[^/]/i.test(value))
    return "must be a URL, for example https://mcp.example.com/mcp";
  const { username, password } = new URL(value);
  // Also an empty user: the place before the @ looks like the host.
  return username !== "" || password !== "" || /^[^/]*\/\/[^/?#]*@/.test(value)
    ? "must not hold a user or password: put them into headers"
    : undefined;
}

const headerName = v.pipe(
  v.string(),
  v.regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be the name of an HTTP header"),
);
const headerValue = v.pipe(
  v.string(),
  v.regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must be the value of an HTTP header, in one line"),
);

/** Headers that an entry can not set, by who says what stands in them. */
const reserved: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:connection|content-length|expect|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/,
    "can not be set: it belongs to the connection",
  ],
  [
    /^proxy-/,
    "can not be set: it is for proxies; put user and password into the address of the proxy (HTTPS_PROXY)",
  ],
  [
    /^(?:accept|content-encoding|content-type|last-event-id|mcp-(?:method|name|param-.*|protocol-version|session-id))$/,
    "can not be set: it belongs to the protocol",
  ],
];

const headers = v.pipe(
  namedMap(v.record(headerName, headerValue)),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const seen = new Set<string>();
    for (const [name, value] of Object.entries(dataset.value)) {
      const key = name.toLowerCase();
      const why = seen.has(key)
        ? "stands here twice: capital and small letters make no difference"
        : reserved.find(([names]) => names.test(key))?.[1];
      seen.add(key);
      if (why === undefined) continue;
      const at = { type: "object", origin: "key", input: dataset.value, key: name, value } as const;
      addIssue({ message: why, path: [at] });
    }
  }),
);

const options = v.strictObject({
  url: v.pipe(url, v.description("The address of the server's MCP endpoint.")),
  headers: v.pipe(
    v.optional(headers, {}),
    v.description("Headers of every request, for example Authorization. Use ${NAME} for secrets."),
  ),
  transport: v.pipe(
    v.optional(v.picklist(["auto", "streamable-http", "sse"]), "auto"),
    v.description(
      "How the server speaks: streamable-http, sse (the transport of 2024-11-05), or auto to find out.",
    ),
  ),
  connect_timeout_seconds: v.pipe(
    v.optional(seconds(60), 5),
    v.description("Longest time for a connection, name and certificate included."),
  ),
  response_timeout_seconds: v.pipe(
    v.optional(seconds(600), 30),
    v.description("Longest wait for the beginning of an HTTP answer."),
  ),
  silence_timeout_seconds: v.pipe(
    v.optional(seconds(3600), 300),
    v.description("A stream that brings nothing for this long, not even a sign of life, is opened again."),
  ),
  ca_file: v.pipe(
    v.optional(v.pipe(v.string(), v.minLength(1, "must not be empty"))),
    v.description(
      "A file of certificates to trust besides the usual ones (relative to the file it stands in).",
    ),
  ),
  allow_private_network: v.pipe(
    v.optional(v.boolean(), false),
    v.description("Whether the address may be of this machine or of a private network."),
  ),
  auth: v.pipe(
    v.optional(mapsOnly(authOptions)),
    v.description("Credentials that end and are renewed; see `omg login`."),
  ),
});

/** What a catalog entry of type `remote-sse` or `remote` may say. */
export const remoteOptions = valibotOptions(options, toJsonSchema);

/** What an entry of type `remote-sse` says, with defaults. */
export type RemoteOptions = v.InferOutput<typeof options>;
