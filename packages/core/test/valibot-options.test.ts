import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { valibotOptions } from "../src/runtime/index.ts";

const options = valibotOptions(
  v.strictObject({
    name: v.pipe(
      v.string(),
      v.check((value) => value !== "x", "must not be x"),
      v.description("Its name."),
    ),
    size: v.optional(v.pipe(v.union([v.string(), v.number()]), v.transform(Number)), 5),
    list: v.optional(v.array(v.strictObject({ a: v.string() }))),
  }),
  toJsonSchema,
)["~standard"];

describe("a schema of valibot as a runtime's options", () => {
  test("is none that must be waited for", () => {
    const schema = v.strictObjectAsync({ a: v.string() }) as unknown as v.GenericSchema;
    expect(() => valibotOptions(schema, toJsonSchema)).toThrow("no async schema");
  });

  test("puts out what it makes of a value", async () => {
    expect(await options.validate({ name: "a", size: "7" })).toEqual({ value: { name: "a", size: 7 } });
    expect(await options.validate({ name: "a" })).toEqual({ value: { name: "a", size: 5 } });
  });

  test("says where something is wrong, and never what the value was", async () => {
    const value = { name: 12345, size: "1", list: [{ a: ["hunter2"], b: "hunter2" }], more: "hunter2" };
    const { issues } = await options.validate(value);
    expect(issues).toEqual([
      { path: ["name"], message: "Invalid input: expected string, received number" },
      { path: ["list", 0, "a"], message: "Invalid input: expected string, received array" },
      { path: ["list", 0], message: 'Unrecognized key: "b"' },
      { path: [], message: 'Unrecognized key: "more"' },
    ]);
  });

  test("is a JSON Schema of what may be written, without its checks in code", () => {
    const { input } = options.jsonSchema as { input: (options: { target: string }) => unknown };
    expect(input({ target: "draft-07" })).toEqual({
      $schema: "http://json-schema.org/draft-07/schema#",
      type: "object",
      properties: {
        name: { type: "string", description: "Its name." },
        size: { anyOf: [{ type: "string" }, { type: "number" }], default: 5 },
        list: {
          type: "array",
          items: {
            type: "object",
            properties: { a: { type: "string" } },
            required: ["a"],
            additionalProperties: false,
          },
        },
      },
      required: ["name"],
      additionalProperties: false,
    });
  });
});
