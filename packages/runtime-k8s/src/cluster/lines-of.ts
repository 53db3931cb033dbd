import { ClusterFailure } from "./cluster-failure.ts";

/** Etcd keeps nothing that is longer than a few of these. */
const maxLength = 16 * 1024 * 1024;

/** The whole lines of a stream; what is cut off at its end is none. Throws a `ClusterFailure` at one beyond all measure. */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let pieces: string[] = [];
  let length = 0;
  for await (const chunk of body) {
    const [rest = "", ...lines] = decoder.decode(chunk, { stream: true }).split("\n");
    pieces.push(rest);
    length += rest.length;
    for (const line of lines) {
      yield pieces.join("");
      pieces = [line];
      length = line.length;
    }
    if (length > maxLength) throw new ClusterFailure("what it sends has no end");
  }
}
