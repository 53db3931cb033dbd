import { randomUUID } from "node:crypto";

/** A text that stands nowhere else. */
export function key(): string {
  return randomUUID();
}

export interface Refused {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The error that a request is refused with. Throws if it is not. */
export async function codeOf(request: Promise<unknown>): Promise<Refused> {
  try {
    const result = await request;
    throw new Error(`It was not refused: ${JSON.stringify(result)}`);
  } catch (error) {
    const { code, message, data } = error as Refused;
    if (code === undefined) throw error;
    return { code, message, data };
  }
}
