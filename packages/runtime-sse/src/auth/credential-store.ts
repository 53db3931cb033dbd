import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { StateStore } from "@omg/core/runtime";
import type { AuthOptions } from "./auth-options.ts";

export interface CredentialStoreOptions {
  /** This server's part of the store. */
  readonly store: StateStore;
  readonly server: string;
  readonly url: URL;
  /** What the entry says of its credentials. */
  readonly auth: AuthOptions | undefined;
}

/** A client as an authorization server knows it. */
export interface KnownClient {
  readonly client_id: string;
  readonly client_secret?: string | undefined;
  readonly token_endpoint_auth_method?: string | undefined;
}

/** What a login came to. */
export interface Grant {
  /** Of whom the token is, and nobody else may see it but the server. */
  readonly issuer: string;
  readonly client: KnownClient;
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  readonly scope?: string | undefined;
}

export interface Registration {
  readonly issuer: string;
  readonly client: KnownClient;
  readonly redirectUri: string;
}

interface Values {
  readonly grant: Grant;
  readonly registration: Registration;
  /** Scopes that the server asked for when the token was not enough. */
  readonly "step-up": string;
}

const names = ["grant", "registration", "step-up"] as const satisfies (keyof Values)[];
const keyName = "auth.key";
const algorithm = "aes-256-gcm";

/**
 * The credentials of one server, encrypted under a key that is kept apart from them. They are bound to the server, its
 * address and its client: when one of these changes they can not be read any more, and are gone.
 */
export class CredentialStore {
  readonly #store: StateStore;
  readonly #binding: string;

  constructor({ store, server, url, auth }: CredentialStoreOptions) {
    this.#store = store;
    this.#binding = JSON.stringify([server, url.href, auth?.type, auth?.client_id]);
  }

  async get<Name extends keyof Values>(name: Name): Promise<Values[Name] | undefined> {
    const sealed = await this.#store.get(fileOf(name));
    if (sealed === undefined) return undefined;
    const key = await this.#store.get(keyName);
    const opened = key === undefined ? undefined : open(sealed, key, this.#context(name));
    if (opened === undefined) await this.delete(name);
    return opened as Values[Name] | undefined;
  }

  async set<Name extends keyof Values>(name: Name, value: Values[Name]): Promise<void> {
    await this.#store.set(fileOf(name), seal(value, await this.#key(), this.#context(name)));
  }

  delete(name: keyof Values): Promise<void> {
    return this.#store.delete(fileOf(name));
  }

  async forget(): Promise<void> {
    for (const name of names) await this.delete(name);
    await this.#store.delete(keyName);
  }

  async #key(): Promise<string> {
    const known = await this.#store.get(keyName);
    if (known !== undefined) return known;
    await this.#store.set(keyName, randomBytes(32).toString("base64"));
    // Another process may have made one in the same moment: the later one counts, for both.
    return (await this.#store.get(keyName)) as string;
  }

  #context(name: keyof Values): Buffer {
    return Buffer.from(`${name} ${this.#binding}`);
  }
}

function fileOf(name: keyof Values): string {
  return `auth.${name}`;
}

function seal(value: unknown, key: string, context: Buffer): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv(algorithm, Buffer.from(key, "base64"), nonce).setAAD(context);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(value)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
}

function open(sealed: string, key: string, context: Buffer): unknown {
  const bytes = Buffer.from(sealed, "base64");
  try {
    const decipher = createDecipheriv(algorithm, Buffer.from(key, "base64"), bytes.subarray(0, 12), {
      authTagLength: 16,
    });
    decipher.setAAD(context).setAuthTag(bytes.subarray(12, 28));
    const opened = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
    return JSON.parse(opened.toString());
  } catch {
    return undefined;
  }
}
