import { createGateway } from "@omg/core";
import dockerRuntime from "@omg/runtime-docker";
import { serveHttp } from "@omg/transport-http";

const { IMAGE = "mcp/everything", PORT = "4444" } = process.env;
const config = { servers: [{ id: "everything", runtime: { type: "docker", image: IMAGE } }] };
await using gateway = await createGateway({ config, runtimes: [dockerRuntime({ hostEnv: process.env })] });
await using front = await serveHttp({ gateway, listen: [{ host: "localhost", port: Number(PORT) }] });
console.log(`http://localhost:${front.addresses[0].port}/mcp`);
await new Promise((stop) => ["SIGINT", "SIGTERM"].map((signal) => process.once(signal, stop)));
