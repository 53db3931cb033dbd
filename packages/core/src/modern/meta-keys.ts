/** In results: who answers (MCP 2026-07-28, basic: `_meta`). */
export const serverInfoKey = "io.modelcontextprotocol/serverInfo";

/** In all that a subscription brings: the id of the request that began it. */
export const subscriptionKey = "io.modelcontextprotocol/subscriptionId";
