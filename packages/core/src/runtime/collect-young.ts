/** So many bytes of long messages may wait to be collected. */
const MOST_BYTES = 16 * 1024 * 1024;

let bytes = 0;

/**
 * Tells that a long message has come: nobody will want its bytes for long. V8 counts them, but as if they were old, and collects
 * everything for every ten to fifty messages of 1 MB, which takes a quarter of their time or more. Collecting what is young frees them for next to nothing.
 * It takes a program whose collector is exposed (Node's `--expose-gc`); elsewhere this does nothing.
 */
export function collectYoung(length: number): void {
  bytes += length;
  if (bytes < MOST_BYTES) return;
  bytes = 0;
  globalThis.gc?.({ type: "minor" });
}
