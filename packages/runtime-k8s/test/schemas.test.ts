import type { OptionsSchema } from "@omg/core/runtime";
import { describe, expect, test } from "vitest";
import { jobOptions } from "../src/job/job-options.ts";
import { serviceOptions } from "../src/service/service-options.ts";

function check(options: object) {
  const result = jobOptions["~standard"].validate({ image: "x", ...options });
  if (result instanceof Promise) throw new Error("must be checked at once");
  return result;
}

describe("the schema of a Job's options", () => {
  test.each<[object, string]>([
    [{ resources: [] }, "Invalid input: expected object, received array"],
    [{ tolerations: [[]] }, "Invalid input: expected object, received array"],
    [{ labels: [] }, "Invalid input: expected record, received array"],
    [{ pod_overrides: new Map([["a", "b"]]) }, "Invalid input: expected record, received object"],
    [{ pod_overrides: JSON.parse('{"__proto__":{}}') }, "is not understood; $patch and $retainKeys are"],
  ])("refuses %j", (options, message) => {
    expect(check(options).issues?.map((issue) => issue.message)).toEqual([message]);
  });

  test("keeps any name where names are free", () => {
    const options = {
      labels: { constructor: "a", prototype: "b" },
      pod_overrides: { constructor: {} },
      tolerations: [{ key: "gpu", operator: "Exists", constructor: 1, prototype: 2 }],
    };
    expect(check(options)).toMatchObject({ value: options });
  });

  test.each(Object.keys(jobOptions.entries))("says nothing of what is refused for %s", (key) => {
    for (const secret of ["s3cret\0", { s3cret: "s3cret\0" }, ["s3cret\0", 7], new Set(["s3cret"])]) {
      const { issues = [] } = check({ [key]: secret });
      const messages = issues
        .map(({ message }) => message)
        .filter((message) => !/^Unrecognized key/.test(message));
      expect(messages.join()).not.toContain("s3cret");
    }
  });
});

test("the schemas are closed in JSON Schema, too, and ask for no more than is needed", () => {
  const inputOf = ({ "~standard": { jsonSchema } }: OptionsSchema<unknown>) =>
    (jsonSchema as { input(options: object): object }).input({ target: "draft-07" });
  expect(inputOf(jobOptions)).toMatchObject({
    additionalProperties: false,
    required: ["image"],
    properties: {
      resources: {
        additionalProperties: false,
        properties: { limits: { properties: { cpu: { description: "Such as 500m, or 1." } } } },
      },
      volumes: { items: { additionalProperties: false, required: ["name", "mount_path"] } },
    },
  });
  expect(inputOf(serviceOptions)).toMatchObject({
    additionalProperties: false,
    required: ["port"],
  });
});
