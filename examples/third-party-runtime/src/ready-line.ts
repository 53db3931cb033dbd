import type { Readable } from "node:stream";
import { readyMark } from "./remote-script.ts";

/**
 * Resolves with the server's process id, once the script on the other machine tells it. What the login has printed before is
 * dropped; what comes after, which is the server's, stays in the stream.
 */
export function readyLine(output: Readable): Promise<string> {
  return new Promise((resolve) => {
    let text = Buffer.alloc(0);
    const read = () => {
      for (let chunk: Buffer | null = output.read(); chunk !== null; chunk = output.read()) {
        text = Buffer.concat([text, chunk]);
        const mark = text.indexOf(readyMark);
        const end = text.indexOf("\n", mark);
        if (mark >= 0 && end >= 0) {
          output.off("readable", read);
          output.unshift(text.subarray(end + 1));
          resolve(text.toString("latin1", mark + readyMark.length, end));
          return;
        }
        if (mark < 0) text = text.subarray(-readyMark.length);
      }
    };
    output.on("readable", read);
  });
}
