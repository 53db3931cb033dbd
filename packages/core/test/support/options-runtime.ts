import { defineRuntime, type OptionsSchema, type RuntimeV1 } from "../../src/runtime/index.ts";

/** A runtime that is there for the schema of its options only. */
export function optionsRuntime(name: string, options: unknown): RuntimeV1 {
  return defineRuntime({
    specVersion: "v1",
    name,
    options: options as OptionsSchema<unknown>,
    start: () => Promise.reject(new Error("not in this test")),
  });
}
