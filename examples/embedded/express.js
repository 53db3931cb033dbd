import { createHttpHandler } from "@omg/transport-http";
import express from "express";
import { calls, endOnSignal, gateway } from "./gateway.js";

const front = createHttpHandler({ gateway });

const app = express();
app.use("/gateway", front.handle);
// After the gateway, which reads the bodies of its requests itself.
app.use(express.json());
app.get("/calls", (_, response) => response.json(calls));

const server = app.listen(Number(process.env.PORT ?? 3000), "localhost", () => {
  console.log(`http://localhost:${server.address().port}/gateway/mcp`);
});
endOnSignal(front, server);
