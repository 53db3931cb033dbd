import { defineRuntime, type RuntimeV1 } from "@omg/core/runtime";
import { createInstance } from "./instance.ts";
import { type Options, options } from "./options.ts";
import { killAllOf, launch } from "./place.ts";

/** Runs servers in `my-place`. */
export function createRuntime(): RuntimeV1<Options> {
  return defineRuntime<Options>({
    specVersion: "v1",
    name: "my-place",
    options,
    inherits: ["HOME", "PATH"],
    async start(request) {
      return createInstance(await launch(request), request.log);
    },
    // A place where nothing can outlive the gateway needs none.
    sweep: ({ owner, signal }) => killAllOf(owner, signal),
  });
}
