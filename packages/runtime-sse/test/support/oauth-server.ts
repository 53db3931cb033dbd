import { createHash, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface OAuthServerOptions {
  /** Changes what the authorization server says of itself. */
  readonly metadata?: (metadata: Record<string, unknown>) => object;
  /** Changes what the server says of its credentials. */
  readonly resource?: (resource: Record<string, unknown>) => object;
  /** Answers instead, by path; gives whether it did. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Seconds that a token lives. */
  readonly expiresIn?: number;
  /** Logins that can not be renewed. */
  readonly withoutRefresh?: boolean;
  /** Of the browser's way back. */
  readonly iss?: (issuer: string) => string | undefined;
  /** What the server wants of a call. */
  readonly callScope?: string;
}

export interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly form: URLSearchParams;
}

/** An MCP server that wants tokens, and the authorization server that gives them. */
export interface OAuthServer extends AsyncDisposable {
  readonly url: string;
  readonly issuer: string;
  readonly seen: Seen[];
  /** Tokens that count, with their scopes. */
  readonly tokens: Map<string, string>;
  readonly refreshTokens: Map<string, string>;
  requests(path: string): Seen[];
}

export async function oauthServer(options: OAuthServerOptions = {}): Promise<OAuthServer> {
  const { expiresIn = 3600, iss = (issuer: string) => issuer } = options;
  const seen: Seen[] = [];
  const tokens = new Map<string, string>();
  const refreshTokens = new Map<string, string>();
  const codes = new Map<string, { challenge: string; scope: string }>();
  let issuer = "";

  const give = (response: ServerResponse, scope: string) => {
    const token = `access-canary-${randomUUID()}`;
    const refresh = `refresh-canary-${randomUUID()}`;
    tokens.set(token, scope);
    refreshTokens.set(refresh, scope);
    json(response, 200, {
      access_token: token,
      token_type: "Bearer",
      expires_in: expiresIn,
      ...(options.withoutRefresh ? {} : { refresh_token: refresh }),
      ...(scope === "" ? {} : { scope }),
    });
  };
  const routes: Record<string, (seen: Seen, response: ServerResponse, body: string) => void> = {
    "/.well-known/oauth-protected-resource/mcp": (_, response) => {
      const resource = { resource: `${issuer}/mcp`, authorization_servers: [issuer] };
      json(response, 200, options.resource?.(resource) ?? resource);
    },
    "/.well-known/oauth-authorization-server": (_, response) => {
      const metadata = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        registration_endpoint: `${issuer}/register`,
        revocation_endpoint: `${issuer}/revoke`,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        token_endpoint_auth_methods_supported: ["none", "client_secret_basic"],
      };
      json(response, 200, options.metadata?.(metadata) ?? metadata);
    },
    "/register": (_, response, body) =>
      json(response, 201, { ...JSON.parse(body), client_id: `client-${randomUUID()}` }),
    "/authorize": ({ form }, response) => {
      const code = randomUUID();
      codes.set(code, { challenge: form.get("code_challenge") ?? "", scope: form.get("scope") ?? "" });
      const back = new URL(form.get("redirect_uri") ?? "");
      back.searchParams.set("code", code);
      back.searchParams.set("state", form.get("state") ?? "");
      const from = iss(issuer);
      if (from !== undefined) back.searchParams.set("iss", from);
      response.writeHead(302, { location: back.href }).end();
    },
    "/token": ({ form }, response) => {
      if (form.get("grant_type") === "client_credentials") return give(response, form.get("scope") ?? "");
      const refresh = form.get("refresh_token") ?? "";
      if (refreshTokens.has(refresh)) {
        const scope = refreshTokens.get(refresh) ?? "";
        refreshTokens.delete(refresh);
        return give(response, scope);
      }
      const code = codes.get(form.get("code") ?? "");
      const verifier = form.get("code_verifier") ?? "";
      if (code?.challenge !== createHash("sha256").update(verifier).digest("base64url"))
        return json(response, 400, { error: "invalid_grant", error_description: "secret-canary" });
      codes.delete(form.get("code") ?? "");
      give(response, code.scope);
    },
    "/revoke": ({ form }, response) => {
      tokens.delete(form.get("token") ?? "");
      refreshTokens.delete(form.get("token") ?? "");
      response.writeHead(200).end();
    },
    "/mcp": ({ authorization }, response, body) => {
      const token = authorization?.replace(/^Bearer /, "") ?? "";
      const metadata = `resource_metadata="${issuer}/.well-known/oauth-protected-resource/mcp"`;
      if (!tokens.has(token)) {
        const challenge = `Bearer ${metadata}`;
        return json(response, 401, {}, { "www-authenticate": challenge });
      }
      const { id, method } = JSON.parse(body === "" ? "{}" : body);
      if (method === "tools/call" && !tokens.get(token)?.includes(options.callScope ?? "")) {
        const challenge = `Bearer error="insufficient_scope", scope="${options.callScope}", ${metadata}`;
        return json(response, 403, {}, { "www-authenticate": challenge });
      }
      if (id === undefined) return void response.writeHead(method === undefined ? 405 : 202).end();
      const introduction = {
        protocolVersion: "2025-11-25",
        capabilities: { tools: {} },
        serverInfo: { name: "tested", version: "1" },
      };
      const result = method === "initialize" ? introduction : { tools: [], content: [] };
      json(response, 200, { jsonrpc: "2.0", id, result });
    },
  };
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const body = await text(request);
    const form = body.startsWith("{") || body === "" ? searchParams : new URLSearchParams(body);
    const now = { path: pathname, authorization: request.headers.authorization, form };
    seen.push(now);
    if (options.answer?.(request, response)) return;
    const route = routes[pathname];
    if (route) route(now, response, body);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `${issuer}/mcp`,
    issuer,
    seen,
    tokens,
    refreshTokens,
    requests: (path) => seen.filter((one) => one.path === path),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function json(response: ServerResponse, status: number, value: object, headers: object = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(value));
}
