import { connect } from "node:net";

export interface RawAnswer {
  /** 0: there was none. */
  readonly status: number;
  readonly text: string;
}

/** Sends bytes as they are over a connection of its own, and gives the answer once its head and first body are there. */
export async function sendRaw(url: string, bytes: string): Promise<RawAnswer> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  let text = "";
  const answered = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (isWhole(text)) resolve();
    });
    socket.once("close", resolve);
  });
  socket.write(bytes);
  await answered;
  socket.destroy();
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text };
}

/** A POST of a JSON text whose head has these lines, and no others of its own but type and length. */
export function rawPost(path: string, head: readonly string[], body: string): string {
  const lines = [`POST ${path} HTTP/1.1`, ...head, "Content-Type: application/json"];
  return `${[...lines, `Content-Length: ${Buffer.byteLength(body)}`].join("\r\n")}\r\n\r\n${body}`;
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return length === undefined || text.length >= end + 4 + Number(length);
}
