import type { IncomingMessage } from "node:http";

const PRINCIPAL = Symbol("principal");

interface Admitted extends IncomingMessage {
  [PRINCIPAL]?: string;
}

/** Notes on whose behalf a request comes. Only the guard knows. */
export function admit(incoming: Admitted, principal: string): void {
  incoming[PRINCIPAL] = principal;
}

/** On whose behalf a request comes. Throws for one that no guard let in. */
export function principalOf(incoming: Admitted): string {
  const principal = incoming[PRINCIPAL];
  if (principal === undefined) throw new Error("A request got past the guard");
  return principal;
}
