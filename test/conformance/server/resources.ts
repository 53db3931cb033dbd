import type { ReadResourceResult, Resource, ResourceTemplateType } from "@modelcontextprotocol/server";
import { png } from "./content.ts";

export const watchedUri = "test://watched-resource";

interface ConformanceResource extends Resource {
  readonly mimeType: string;
  readonly content: { readonly text: string } | { readonly blob: string };
}

const table: readonly ConformanceResource[] = [
  {
    uri: "test://static-text",
    name: "static-text",
    description: "A resource of text",
    mimeType: "text/plain",
    content: { text: "This is the content of the static text resource." },
  },
  {
    uri: "test://static-binary",
    name: "static-binary",
    description: "A resource of bytes: an image",
    mimeType: "image/png",
    content: { blob: png },
  },
  {
    uri: watchedUri,
    name: "watched-resource",
    description: "A resource to subscribe to",
    mimeType: "text/plain",
    content: { text: "This is the content of the watched resource." },
  },
];

export const resources: Resource[] = table.map(({ content: _content, ...listed }) => listed);

export const resourceTemplates: ResourceTemplateType[] = [
  {
    uriTemplate: "test://template/{id}/data",
    name: "template",
    description: "A resource for each id",
    mimeType: "application/json",
  },
];

/** What stands at a URI; undefined if nothing does. */
export function readResource(uri: string): ReadResourceResult | undefined {
  const found = table.find((resource) => resource.uri === uri);
  if (found) return { contents: [{ uri, mimeType: found.mimeType, ...found.content }] };
  const id = /^test:\/\/template\/([^/]+)\/data$/.exec(uri)?.[1];
  if (id === undefined) return undefined;
  const text = JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` });
  return { contents: [{ uri, mimeType: "application/json", text }] };
}
