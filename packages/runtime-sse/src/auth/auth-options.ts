import { z } from "zod";

const word = z.string().min(1, "must not be empty");

const scopes = z
  .array(z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be one scope, without spaces or quotes"))
  .optional()
  .describe("Scopes to ask for. Default: those that the server asks for.");

const issuer = z
  .string()
  .refine((value) => URL.canParse(value), "must be the URL of an authorization server")
  .optional()
  .describe(
    "The one authorization server that may have these credentials. Default: the one the server names.",
  );

const oauth = z.strictObject({
  type: z.literal("oauth"),
  issuer,
  client_id: word
    .optional()
    .describe("A client that was registered by hand. Default: the gateway registers itself."),
  client_secret: word.optional().describe("Its secret, if it has one. Use ${NAME}."),
  scopes,
  client_metadata_url: z
    .string()
    .refine(
      (value) => URL.canParse(value) && isDocument(new URL(value)),
      "must be an https URL with a path, where the client's metadata can be fetched",
    )
    .optional()
    .describe("A client id metadata document, which stands for a registration where that is supported."),
  redirect_port: z
    .int()
    .min(1, "must be from 1 to 65535")
    .max(65_535, "must be from 1 to 65535")
    .optional()
    .describe("The port of this machine to which the browser comes back. Default: a free one."),
});

const clientCredentials = z.strictObject({
  type: z.literal("client_credentials"),
  issuer,
  client_id: word.describe("The client that the gateway is."),
  client_secret: word.describe("Its secret. Use ${NAME}."),
  scopes,
});

/** What `auth` of a catalog entry may say. */
export const authOptions = z.discriminatedUnion("type", [oauth, clientCredentials]);

export type AuthOptions = z.output<typeof authOptions>;
export type OAuthOptions = z.output<typeof oauth>;
export type ClientCredentialsOptions = z.output<typeof clientCredentials>;

function isDocument({ protocol, pathname }: URL): boolean {
  return protocol === "https:" && pathname !== "/";
}
