import { CommandFailure, exitCodes } from "./exit-codes.ts";

/** The base of a gateway's URL as a user gives it, with or without `/mcp`; what is no http URL ends the command. */
export function httpUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    if (url.username === "" && url.password === "") return text.replace(/\/(mcp)?\/?$/, "");
    const hint = "set MCP_GATEWAY_API_KEY";
    throw new CommandFailure(exitCodes.usage, `error: the URL must not hold a user or a password; ${hint}`);
  }
  const meant = `http://${text.replace(/^([a-z][a-z0-9+.-]*:)?\/+/i, "")}`;
  const hint = URL.canParse(meant) ? `did you mean ${meant}?` : "for example http://localhost:4444";
  throw new CommandFailure(exitCodes.usage, `error: "${text}" is not an http URL; ${hint}`);
}
