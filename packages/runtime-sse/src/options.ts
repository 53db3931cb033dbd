import { z } from "zod";
import { authOptions } from "./auth/auth-options.ts";

const seconds = (longest: number) =>
  z.number().positive("must be more than 0").max(longest, `must be at most ${longest}`);

const url = z
  .string({ error: ({ input }) => (input === undefined ? "is required" : undefined) })
  .superRefine((value, { addIssue }) => {
    const problem = problemOfUrl(value);
    if (problem !== undefined) addIssue(problem);
  });

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

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/);
const headerValue = z
  .string()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must be the value of an HTTP header, in one line");

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

const headers = z
  .record(headerName, headerValue, {
    error: ({ code }) => (code === "invalid_key" ? "must be the name of an HTTP header" : undefined),
  })
  .superRefine((value, { addIssue }) => {
    const seen = new Set<string>();
    for (const name of Object.keys(value)) {
      const key = name.toLowerCase();
      const why = seen.has(key)
        ? "stands here twice: capital and small letters make no difference"
        : reserved.find(([names]) => names.test(key))?.[1];
      seen.add(key);
      if (why !== undefined) addIssue({ code: "custom", path: [name], message: why });
    }
  });

/** What a catalog entry of type `remote-sse` or `remote` may say. */
export const remoteOptions = z.strictObject({
  url: url.describe("The address of the server's MCP endpoint."),
  headers: headers
    .default({})
    .describe("Headers of every request, for example Authorization. Use ${NAME} for secrets."),
  transport: z
    .enum(["auto", "streamable-http", "sse"])
    .default("auto")
    .describe(
      "How the server speaks: streamable-http, sse (the transport of 2024-11-05), or auto to find out.",
    ),
  connect_timeout_seconds: seconds(60)
    .default(5)
    .describe("Longest time for a connection, name and certificate included."),
  response_timeout_seconds: seconds(600)
    .default(30)
    .describe("Longest wait for the beginning of an HTTP answer."),
  silence_timeout_seconds: seconds(3600)
    .default(300)
    .describe("A stream that brings nothing for this long, not even a sign of life, is opened again."),
  ca_file: z
    .string()
    .min(1, "must not be empty")
    .optional()
    .describe("A file of certificates to trust besides the usual ones (relative to the file it stands in)."),
  allow_private_network: z
    .boolean()
    .default(false)
    .describe("Whether the address may be of this machine or of a private network."),
  auth: authOptions.optional().describe("Credentials that end and are renewed; see `omg login`."),
});

/** What an entry of type `remote-sse` says, with defaults. */
export type RemoteOptions = z.output<typeof remoteOptions>;
