import { type Frame, frameOf, type JsonRpcMessage, type OmgError, parseFrame } from "@omg/core/runtime";

const openingBracket = 0x5b;

/** The messages in these bytes: one, or the several of a batch (MCP 2025-03-26). Throws what `parseFrame` throws. */
export function messagesOf(bytes: Buffer): Frame[] {
  const first = bytes.find((byte) => byte > 0x20);
  if (first !== openingBracket) return [parseFrame(bytes)];
  // Its own words say what is wrong with what is no batch either.
  const batch = batchOf(bytes) ?? [];
  return batch.length === 0 ? [parseFrame(bytes)] : batch.map((message) => frameOf(message));
}

/** Hands on the messages in these bytes, or what is wrong with them. */
export function takeMessages(
  bytes: Buffer,
  { deliver, onBad }: { deliver: (frame: Frame) => void; onBad: (error: OmgError) => void },
): void {
  let frames: Frame[];
  try {
    frames = messagesOf(bytes);
  } catch (error) {
    onBad(error as OmgError);
    return;
  }
  for (const frame of frames) deliver(frame);
}

function batchOf(bytes: Buffer): JsonRpcMessage[] | undefined {
  try {
    return JSON.parse(bytes.toString()) as JsonRpcMessage[];
  } catch {
    return undefined;
  }
}
