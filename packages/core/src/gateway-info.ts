import packageJson from "../package.json" with { type: "json" };

/** How the gateway names itself to clients and servers. */
export const gatewayInfo = {
  name: "open-mcp-gateway",
  title: "Open MCP Gateway",
  version: packageJson.version,
};
