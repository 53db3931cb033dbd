import type { ContentBlock } from "@modelcontextprotocol/server";

/** One red pixel. */
export const png =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQD3A0FDAAAAAElFTkSuQmCC";

/** A header of 44 bytes and eight samples of silence: mono, 8 kHz, 8 bit. */
const wav = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";

export function text(words: string): ContentBlock {
  return { type: "text", text: words };
}

export function image(): ContentBlock {
  return { type: "image", data: png, mimeType: "image/png" };
}

export function audio(): ContentBlock {
  return { type: "audio", data: wav, mimeType: "audio/wav" };
}

export function embedded(uri: string, mimeType: string, words: string): ContentBlock {
  return { type: "resource", resource: { uri, mimeType, text: words } };
}
