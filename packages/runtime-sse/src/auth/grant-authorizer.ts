import { STATUS_CODES } from "node:http";
import { performance } from "node:perf_hooks";
import { type Authorizer, failure, type Refusal } from "@omg/upstream-http";
import type { Grant } from "./credential-store.ts";
import type { Challenge } from "./discovery.ts";
import { loginCommand } from "./login-command.ts";
import type { RenewalParts } from "./renewal.ts";

/** Renewals under way, by server: a grant is renewed once for all who need it. */
export type Renewals = Map<string, Promise<Grant>>;

export interface GrantAuthorizerOptions extends RenewalParts {
  readonly renewals: Renewals;
}

/** A login or logout elsewhere counts after this long at the latest. */
const rememberMs = 1000;
const leewayMs = 10_000;

/** Credentials of a login or of the client credentials grant, as the store has them; renews them when they end. */
export class GrantAuthorizer implements Authorizer {
  readonly #options: GrantAuthorizerOptions;
  #known: Grant | undefined;
  #knownUntil = 0;

  constructor(options: GrantAuthorizerOptions) {
    this.#options = options;
  }

  async credential(): Promise<string | undefined> {
    const grant = this.#known && performance.now() < this.#knownUntil ? this.#known : await this.#stored();
    if (!grant || !hasEnded(grant) || !this.#canRenew(grant)) return grant?.accessToken;
    // If it fails, the server says what it wants.
    return (await this.#renew({}, grant.accessToken).catch(() => grant)).accessToken;
  }

  async refused({ status, headers, credential, isRepeated }: Refusal): Promise<boolean> {
    // The SDK is big, and most requests are not refused.
    const { challengeOf } = await import("./discovery.ts");
    const challenge = challengeOf(headers);
    const wantsMore = status === 403 && challenge.error === "insufficient_scope";
    if (status === 403 && !wantsMore) return false;
    const stored = await this.#stored();
    if (!isRepeated) {
      if (stored && stored.accessToken !== credential) return true;
      const renewable = wantsMore ? this.#options.auth.type === "client_credentials" : this.#canRenew(stored);
      if (renewable) {
        await this.#renew(challenge, credential);
        return true;
      }
    }
    if (wantsMore) return this.#askForMore(challenge);
    throw this.#failure(status, credential === undefined ? "wants a login" : "does not take the login");
  }

  async #askForMore({ scope }: Challenge): Promise<never> {
    const { auth, credentials } = this.#options;
    if (auth.type === "oauth" && scope !== undefined) await credentials.set("step-up", scope);
    const more = scope === undefined ? "" : ` (${scope.replace(/[^\x21-\x7e ]/g, "?").slice(0, 200)})`;
    throw this.#failure(403, `wants more rights than the login has${more}`);
  }

  #failure(status: number, why: string) {
    const { url, server, auth } = this.#options;
    const fix =
      auth.type === "oauth"
        ? `log in with: ${loginCommand(server)}`
        : "check client_id, client_secret and scopes of the entry's auth";
    const what = `answered ${status} ${STATUS_CODES[status]}: it ${why}; ${fix}`;
    return failure("upstream_auth_required", url, what, { detail: `http_${status}`, server, executed: "no" });
  }

  #canRenew(grant: Grant | undefined): boolean {
    return this.#options.auth.type === "client_credentials" || grant?.refreshToken !== undefined;
  }

  async #renew(challenge: Challenge, refused: string | undefined): Promise<Grant> {
    const { renewals, server, url } = this.#options;
    const key = JSON.stringify([server, url.href]);
    const underWay =
      renewals.get(key) ??
      import("./renewal.ts")
        .then(({ renew }) => renew(this.#options, challenge, refused))
        .finally(() => renewals.delete(key));
    renewals.set(key, underWay);
    return this.#remember(await underWay);
  }

  async #stored(): Promise<Grant | undefined> {
    const grant = await this.#options.credentials.get("grant").catch((cause: unknown): never => {
      const what = "needs a credential, and the store of credentials can not be read";
      throw failure("upstream_auth_required", this.#options.url, what, { executed: "no", cause });
    });
    this.#known = undefined;
    return grant && this.#remember(grant);
  }

  #remember(grant: Grant): Grant {
    this.#known = grant;
    this.#knownUntil = performance.now() + rememberMs;
    return grant;
  }
}

function hasEnded({ expiresAt }: Grant): boolean {
  return expiresAt !== undefined && Date.now() > expiresAt - leewayMs;
}
