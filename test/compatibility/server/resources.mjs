import { Refusal } from "./conversation.mjs";

/** Two of the server's own, and one that every other server of this program lists as well. */
export function resourcesOf({ name, added }) {
  return [
    { uri: `${name}://text`, name: "text", mimeType: "text/plain", size: 12, "com.example/unknown": [1] },
    { uri: `${name}://bytes`, name: "bytes", mimeType: "application/octet-stream" },
    { uri: "shared://note", name: "note", description: `Of ${name}` },
    ...added.resources.map((added) => ({ uri: `${name}://${added}`, name: added })),
  ];
}

export function templatesOf({ name }) {
  return [
    { uriTemplate: `${name}://item/{id}`, name: "item", mimeType: "application/json" },
    { uriTemplate: "shared://entry/{id}", name: "entry" },
  ];
}

export function readResource(conversation, uri) {
  const { name } = conversation;
  if (uri === `${name}://bytes`) {
    return { contents: [{ uri, blob: Buffer.from([0, 1, 254, 255]).toString("base64") }] };
  }
  const isListed = resourcesOf(conversation).some((resource) => resource.uri === uri);
  const id = /^(?:shared:\/\/entry|\w[\w-]*:\/\/item)\/(.+)$/.exec(uri)?.[1];
  if (!isListed && id === undefined) {
    throw new Refusal({ code: -32002, message: "Resource not found", data: { uri } });
  }
  return { contents: [{ uri, text: id === undefined ? `Note of ${name}` : `Item ${id} of ${name}` }] };
}
