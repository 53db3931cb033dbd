import { describe, expect, test } from "vitest";
import { checkName, checkType, nameFor, takenTypes, typeFor } from "../src/names.ts";
import { UsageError } from "../src/usage.ts";

describe("the name of a package", () => {
  test.each([
    ["ssh", "omg-runtime-ssh"],
    ["omg-runtime-ssh", "omg-runtime-ssh"],
    ["deep/down/ssh/", "omg-runtime-ssh"],
    ["deep/../ssh", "omg-runtime-ssh"],
  ])("comes from the folder %s: %s", (directory, name) => {
    expect(nameFor(directory)).toBe(name);
  });

  test.each(["omg-runtime-ssh", "@acme/omg-runtime-ssh", "a", "x.y_z-1", "a".repeat(214)])(
    "may be %s",
    (name) => {
      expect(() => checkName(name)).not.toThrow();
    },
  );

  test.each(["", "Big", "a b", "../x", "@acme", "@/x", "@acme/", "@acme/x/y", ".x", "_x", "ä", "-x", "a\n"])(
    "can not be %j",
    (name) => {
      expect(() => checkName(name)).toThrow(UsageError);
    },
  );

  test.each(["node_modules", "fs", "a".repeat(215)])("can not be %s, though it has the form", (name) => {
    expect(() => checkName(name)).toThrow(/with --name/);
  });
});

describe("the type of a runtime", () => {
  test.each([
    ["omg-runtime-ssh", "ssh"],
    ["@acme/omg-runtime-ssh", "ssh"],
    ["@acme/ssh", "ssh"],
  ])("comes from the package %s: %s", (name, type) => {
    expect(typeFor(name)).toBe(type);
  });

  test.each(["ssh", "k8s", "a-1"])("may be %s", (type) => {
    expect(() => checkType(type)).not.toThrow();
  });

  test.each(["", "7up", "-a", "A", "a_b", "a.b", "a\n"])("can not be %j", (type) => {
    expect(() => checkType(type)).toThrow(/begin with a letter.*with --type/s);
  });

  test.each(takenTypes)("can not be %s, which the gateway has by itself", (type) => {
    expect(() => checkType(type)).toThrow(/has one of that name.*with --type/s);
  });
});
