import { audio, embedded, image, text } from "./content.ts";
import { type ConformanceTool, noArguments } from "./tool.ts";

/** Tools that only answer: one for each kind of content, one that fails, two with demanding schemas. */
export const contentTools: readonly ConformanceTool[] = [
  {
    name: "test_simple_text",
    description: "Answers with text",
    inputSchema: noArguments,
    run: () => [text("This is a simple text response for testing.")],
  },
  {
    name: "test_image_content",
    description: "Answers with an image",
    inputSchema: noArguments,
    run: () => [image()],
  },
  {
    name: "test_audio_content",
    description: "Answers with audio",
    inputSchema: noArguments,
    run: () => [audio()],
  },
  {
    name: "test_embedded_resource",
    description: "Answers with an embedded resource",
    inputSchema: noArguments,
    run: () => [embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")],
  },
  {
    name: "test_multiple_content_types",
    description: "Answers with text, an image and an embedded resource",
    inputSchema: noArguments,
    run: () => [
      text("Multiple content types test:"),
      image(),
      embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ],
  },
  {
    name: "test_error_handling",
    description: "Always fails",
    inputSchema: noArguments,
    run: () => {
      throw new Error("This tool intentionally returns an error for testing");
    },
  },
  {
    name: "json_schema_2020_12_tool",
    description: "Tool with JSON Schema 2020-12 features",
    // The suite looks for each of these keywords in the listing: nothing on the way may drop one.
    inputSchema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      $defs: {
        address: {
          $anchor: "addressDef",
          type: "object",
          properties: { street: { type: "string" }, city: { type: "string" } },
        },
      },
      properties: {
        name: { type: "string" },
        address: { $ref: "#/$defs/address" },
        contactMethod: { type: "string", enum: ["phone", "email"] },
        phone: { type: "string" },
        email: { type: "string" },
      },
      allOf: [{ anyOf: [{ required: ["phone"] }, { required: ["email"] }] }],
      if: { properties: { contactMethod: { const: "phone" } }, required: ["contactMethod"] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: ["phone"] },
      else: { required: ["email"] },
      additionalProperties: false,
    },
    run: (args) => [text(`Called with ${JSON.stringify(args)}`)],
  },
  {
    name: "test_header_argument",
    description: "A tool with an argument that HTTP clients send as a header, too",
    inputSchema: {
      type: "object",
      properties: { region: { type: "string", "x-mcp-header": "Region" } },
      required: ["region"],
    },
    run: ({ region }) => [text(`Called for ${region}`)],
  },
];
