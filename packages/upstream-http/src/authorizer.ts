import type { Headers } from "./failures.ts";

/** An answer that says that a credential is missing, refused or not enough. */
export interface Refusal {
  /** 401 or 403. */
  readonly status: number;
  /** Of the answer: `www-authenticate` says what is wanted. */
  readonly headers: Headers;
  /** What the request carried. */
  readonly credential: string | undefined;
  /** It has been repeated after the same status already. */
  readonly isRepeated: boolean;
}

/** Where the credentials of requests to one server come from. */
export interface Authorizer {
  /** The bearer token of the next request, if there is one. */
  credential(): Promise<string | undefined>;
  /**
   * Hears of a refused request. Resolves with whether it shall be repeated, with a new credential; rejects with an `OmgError`
   * that says what a person has to do.
   */
  refused(refusal: Refusal): Promise<boolean>;
}
