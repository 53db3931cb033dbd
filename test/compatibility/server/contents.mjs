// Results as text, so that their bytes can be compared: with spaces, numbers that JavaScript can not hold, escapes that
// need not be there, and things that no revision of MCP defines.

const base64 = Buffer.from("not a picture").toString("base64");

/** Every kind of content, and one that is unknown. */
const everyContent =
  `{ "content": [ {"type":"text","text":"t\\u00e4xt \\/ ä","annotations":{"audience":["user"],"priority":0.50}},` +
  ` {"type":"image","data":"${base64}","mimeType":"image/png","_meta":{"com.example/page":1.0}},` +
  ` {"type":"audio","data":"${base64}","mimeType":"audio/wav"},` +
  ` {"type":"resource_link","uri":"link://elsewhere","name":"link","icons":[{"src":"https://example.com/i.svg"}]},` +
  ` {"type":"resource","resource":{"uri":"embedded://here","mimeType":"text/plain","text":"inside"}}`;

/** Without what an SDK's client refuses. */
export const knownContents = `${everyContent} ] }`;

export const unknownContents = `${everyContent}, {"type":"com.example/hologram","depth":3} ], "com.example/more":[] }`;

export const numbers =
  `{"content":[],"structuredContent":{"integer":9007199254740993,"negative":-9007199254740995,` +
  `"large":123456789012345678901234567890,"exact":0.10000000000000000555,"exponent":1E400,"zero":-0,"plain":1.0}}`;

/** A JSON-RPC error with more than MCP defines. */
export const richError = `{"code":-32050,"message":"Too \\u0022much\\u0022","data":{"limit":9007199254740993,"why":[null,{"a":1.0}]}}`;

/** A tool, with all that a listing may hold. */
export const decorated =
  `{ "description": "With all that a listing may hold \\u2026", "name": "decorated", "title":"D\\u00e9cor\\/ated",` +
  ` "icons":[{"src":"https:\\/\\/example.com/tool.png","mimeType":"image/png","sizes":["any"],"theme":"dark"}],` +
  ` "inputSchema":{"type":"object","properties":{"n":{"type":"integer","maximum":9007199254740993,"default":1.0}},` +
  `"$defs":{},"additionalProperties":false}, "annotations":{"readOnlyHint":true,"com.example/hint":[1,2]},` +
  ` "execution":{"taskSupport":"forbidden"}, "_meta":{"com.example/m":{"deep":[{}]}}, "com.example/unknown":1E2 }`;
