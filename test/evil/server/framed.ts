import type { Wire } from "./wire.ts";

/** How a message stands in a stream: a line on stdio, an event over HTTP, where something must have been sent before. */
export function framed(message: object, { http }: Wire): string {
  const json = JSON.stringify(message);
  return http ? `data: ${json}\n\n` : `${json}\n`;
}
