import { OmgError } from "./errors.ts";
import type { RequestId } from "./frame.ts";

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isRequestId(value: unknown): value is RequestId {
  return isText(value) || (typeof value === "number" && Number.isSafeInteger(value));
}

export function invalid(message: string): OmgError {
  return new OmgError("invalid_request", { message });
}
