import { z } from "zod";

const seconds = (longest: number) =>
  z.number().positive("must be more than 0").max(longest, `must be at most ${longest}`);

const url = z
  .string({ error: ({ input }) => (input === undefined ? "is required" : undefined) })
  .refine((value) => URL.canParse(value), "must be a URL, for example https://mcp.example.com/mcp")
  .refine(
    (value) => !URL.canParse(value) || /^https?:$/.test(new URL(value).protocol),
    "must begin with https:// or http://",
  )
  .refine(
    (value) => !URL.canParse(value) || (new URL(value).username === "" && new URL(value).password === ""),
    "must not hold a user or password: put them into headers",
  );

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, "must be the name of an HTTP header");
const headerValue = z
  .string()
  .regex(/^[\t\x20-\x7e\x80-\xff]*$/, "must be the value of an HTTP header, in one line");

/** What a catalog entry of type `remote-sse` or `remote` may say. */
export const remoteOptions = z.strictObject({
  url: url.describe("The address of the server's MCP endpoint."),
  headers: z
    .record(headerName, headerValue)
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
});

export type RemoteOptions = z.output<typeof remoteOptions>;
