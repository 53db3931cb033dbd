/** What `omg init` writes, but for the schemas. */
export const initFiles = {
  "config.yaml": `# yaml-language-server: $schema=./config.schema.json
# The gateway. An editor that knows the line above completes and checks this file; omg validate does so anywhere.

# Where it listens; beyond this machine only with an api_key.
listen_addr: localhost:4444

# The servers, relative to this file.
catalog_path: catalog.yaml

# Every request must carry this key when it is set.
# api_key: \${MCP_GATEWAY_API_KEY}

# A server stops after this long without use; 0: never.
idle_timeout_seconds: 300
`,

  "catalog.yaml": `# yaml-language-server: $schema=./catalog.schema.json
# The servers. None runs until a client needs it.
servers:
  # Written in the file beside this one: it needs nothing but Node.
  - id: hello
    description: Greets people, to see that everything works
    runtime:
      type: local-process
      command: node
      args: [hello-server.mjs]

  # Servers from npm. Name a version, so that what runs is what you have tried.
  # - id: files
  #   description: Reads and writes the files of one folder
  #   runtime:
  #     type: local-process
  #     command: npx
  #     args: [-y, "@modelcontextprotocol/server-filesystem@2026.8.31", .]

  # Secrets come from the environment, or from a file: \${file:token.txt}
  # - id: tickets
  #   runtime:
  #     type: local-process
  #     command: tickets-mcp
  #   env:
  #     TICKETS_TOKEN: \${TICKETS_TOKEN}
`,

  "hello-server.mjs": `// A whole MCP server over stdin and stdout, without dependencies: one JSON-RPC message a line.
import { createInterface } from "node:readline";

const greet = {
  name: "greet",
  description: "Greets somebody",
  inputSchema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] },
};

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: "hello", version: "1.0.0" },
  }),
  ping: () => ({}),
  "tools/list": () => ({ tools: [greet] }),
  "tools/call": ({ name, arguments: given = {} }) => {
    if (name !== "greet") return { content: [{ type: "text", text: \`No tool \${name}\` }], isError: true };
    return { content: [{ type: "text", text: \`Hello, \${given.name ?? "whoever you are"}!\` }] };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined || method === undefined) continue;
  const answer = answers[method];
  const error = { code: -32601, message: \`No method \${method}\` };
  const message = { jsonrpc: "2.0", id, ...(answer ? { result: answer(params ?? {}) } : { error }) };
  process.stdout.write(\`\${JSON.stringify(message)}\\n\`);
}
`,
} as const;
