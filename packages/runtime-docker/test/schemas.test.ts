import { describe, expect, test } from "vitest";
import { dockerOptions } from "../src/options.ts";

const standard = dockerOptions["~standard"];

function check(options: object) {
  const result = standard.validate({ image: "x", ...options });
  if (result instanceof Promise) throw new Error("must be checked at once");
  return result;
}

describe("the schema of the options", () => {
  test.each<[object, string]>([
    [{ engine: [] }, "Invalid input: expected object, received array"],
    [{ labels: [] }, "Invalid input: expected record, received array"],
    [{ labels: new Map([["a", "b"]]) }, "Invalid input: expected record, received object"],
    [{ stop_timeout: Infinity }, "Too big: expected number to be <=300"],
  ])("refuses %j", (options, message) => {
    expect(check(options).issues?.map((issue) => issue.message)).toEqual([message]);
  });

  test("keeps labels of any name", () => {
    const labels = { constructor: "a", prototype: "b", toString: "c" };
    expect(check({ labels })).toMatchObject({ value: { labels } });
  });

  test.each(["image", ...Object.keys(dockerOptions.entries)])(
    "says nothing of what is refused for %s",
    (key) => {
      for (const secret of [
        "s3cret\0",
        "s3cret!:/x",
        { s3cret: "s3cret" },
        ["s3cret\0", "s3cret!:/x", 7],
        new Set(["s3cret"]),
      ]) {
        const { issues = [] } = check({ [key]: secret });
        const messages = issues
          .map(({ message }) => message)
          .filter((message) => !/^Unrecognized key/.test(message));
        expect(messages.join()).not.toContain("s3cret");
      }
    },
  );

  test("is closed in JSON Schema, too, and asks for the image alone", () => {
    const { input } = standard.jsonSchema as { input(options: object): object };
    expect(input({ target: "draft-07" })).toMatchObject({
      type: "object",
      additionalProperties: false,
      required: ["image"],
      properties: {
        engine: { additionalProperties: false },
        network: { type: "string", default: "bridge", description: expect.stringContaining("none") },
        labels: { additionalProperties: { type: "string" } },
      },
    });
  });
});
