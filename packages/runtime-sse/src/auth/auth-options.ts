import * as v from "valibot";

const word = v.pipe(v.string(), v.minLength(1, "must not be empty"));

const scopes = v.pipe(
  v.optional(
    v.array(
      v.pipe(
        v.string(),
        v.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, "must be one scope, without spaces or quotes"),
      ),
    ),
  ),
  v.description("Scopes to ask for. Default: those that the server asks for."),
);

const issuer = v.pipe(
  v.optional(
    v.pipe(
      v.string(),
      v.check((value) => URL.canParse(value), "must be the URL of an authorization server"),
    ),
  ),
  v.description(
    "The one authorization server that may have these credentials. Default: the one the server names.",
  ),
);

const oauth = v.strictObject({
  type: v.literal("oauth"),
  issuer,
  client_id: v.pipe(
    v.optional(word),
    v.description("A client that was registered by hand. Default: the gateway registers itself."),
  ),
  client_secret: v.pipe(v.optional(word), v.description("Its secret, if it has one. Use ${NAME}.")),
  scopes,
  client_metadata_url: v.pipe(
    v.optional(
      v.pipe(
        v.string(),
        v.check(
          (value) => URL.canParse(value) && isDocument(new URL(value)),
          "must be an https URL with a path, where the client's metadata can be fetched",
        ),
      ),
    ),
    v.description("A client id metadata document, which stands for a registration where that is supported."),
  ),
  redirect_port: v.pipe(
    v.optional(
      v.pipe(
        v.number(),
        v.safeInteger(),
        v.minValue(1, "must be from 1 to 65535"),
        v.maxValue(65_535, "must be from 1 to 65535"),
      ),
    ),
    v.description("The port of this machine to which the browser comes back. Default: a free one."),
  ),
});

const clientCredentials = v.strictObject({
  type: v.literal("client_credentials"),
  issuer,
  client_id: v.pipe(word, v.description("The client that the gateway is.")),
  client_secret: v.pipe(word, v.description("Its secret. Use ${NAME}.")),
  scopes,
});

/** What `auth` of a catalog entry may say. */
export const authOptions = v.variant("type", [oauth, clientCredentials]);

export type AuthOptions = v.InferOutput<typeof authOptions>;
export type OAuthOptions = v.InferOutput<typeof oauth>;
export type ClientCredentialsOptions = v.InferOutput<typeof clientCredentials>;

function isDocument({ protocol, pathname }: URL): boolean {
  return protocol === "https:" && pathname !== "/";
}
