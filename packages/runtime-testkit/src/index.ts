export { connectRaw, type RawClient } from "./client.ts";
export { type ScriptedServer, scriptedServer } from "./scripted-server.ts";
export type { ContractRule, RuntimeSubject, TestFunction } from "./subject.ts";
export { testRuntime } from "./test-runtime.ts";
