import type { ElicitRequestFormParams } from "@modelcontextprotocol/server";

type FormSchema = ElicitRequestFormParams["requestedSchema"];

export const userSchema: FormSchema = {
  type: "object",
  properties: {
    username: { type: "string", description: "User's response" },
    email: { type: "string", description: "User's email address" },
  },
  required: ["username", "email"],
};

/** A default for each primitive type. */
export const defaultsSchema: FormSchema = {
  type: "object",
  properties: {
    name: { type: "string", default: "John Doe" },
    age: { type: "integer", default: 30 },
    score: { type: "number", default: 95.5 },
    status: { type: "string", enum: ["active", "inactive", "pending"], default: "active" },
    verified: { type: "boolean", default: true },
  },
};

/** Each way to write an enumeration, the deprecated one included. */
export const enumsSchema: FormSchema = {
  type: "object",
  properties: {
    untitledSingle: { type: "string", enum: ["option1", "option2", "option3"] },
    titledSingle: { type: "string", oneOf: titled("Option") },
    legacyEnum: {
      type: "string",
      enum: ["opt1", "opt2", "opt3"],
      enumNames: ["Option One", "Option Two", "Option Three"],
    },
    untitledMulti: { type: "array", items: { type: "string", enum: ["option1", "option2", "option3"] } },
    titledMulti: { type: "array", items: { anyOf: titled("Choice") } },
  },
};

function titled(noun: string): { const: string; title: string }[] {
  return ["First", "Second", "Third"].map((rank, index) => {
    return { const: `value${index + 1}`, title: `${rank} ${noun}` };
  });
}
