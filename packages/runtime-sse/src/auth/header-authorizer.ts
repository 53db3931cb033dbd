import { STATUS_CODES } from "node:http";
import { type Authorizer, failure } from "@omg/upstream-http";
import { loginCommand } from "./login-command.ts";

/** For an entry without `auth`: its headers are all there is, and a server that offers more is said to. */
export function headerAuthorizer(url: URL, server: string): Authorizer {
  return {
    credential: async () => undefined,
    async refused({ status, headers }) {
      const said = [headers["www-authenticate"] ?? []].flat().join(", ");
      if (status !== 401 || !/\bbearer\b.*\bresource_metadata=/i.test(said)) return false;
      const fix = `give its entry auth: { type: oauth }, then: ${loginCommand(server)}`;
      throw failure(
        "upstream_auth_required",
        url,
        `answered ${status} ${STATUS_CODES[status]}; it offers a login by OAuth: ${fix}`,
        { detail: `http_${status}`, server, executed: "no" },
      );
    },
  };
}
