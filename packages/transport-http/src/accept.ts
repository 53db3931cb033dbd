/** Which kinds of answer a client takes. */
export interface Accepts {
  readonly json: boolean;
  readonly stream: boolean;
}

const BOTH: Accepts = { json: true, stream: true };

/** Reads an Accept header (RFC 9110, 12.5.1); without one, everything is acceptable. */
export function acceptsOf(header: string | undefined): Accepts {
  if (header === undefined || header === "*/*" || header === "application/json, text/event-stream")
    return BOTH;
  const qualities = new Map(header.split(",").map(rangeOf));
  return {
    json: accepted(qualities, "application/json", "application/*"),
    stream: accepted(qualities, "text/event-stream", "text/*"),
  };
}

function rangeOf(text: string): [string, number] {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith("q="));
  return [type, quality === undefined ? 1 : Number(quality.slice(2))];
}

/** The most exact range decides. */
function accepted(qualities: ReadonlyMap<string, number>, type: string, family: string): boolean {
  return (qualities.get(type) ?? qualities.get(family) ?? qualities.get("*/*") ?? 0) > 0;
}
