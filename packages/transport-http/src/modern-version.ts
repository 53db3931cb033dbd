import { isModernVersion, isSupportedVersion } from "@omg/core";

const DATE = /^\d{4}-\d{2}-\d{2}$/;

/** Whether a revision header is that of a client without sessions: one we know, or a date that no legacy revision has. */
export function namesModernEra(version: string | undefined): boolean {
  return (
    isModernVersion(version) || (version !== undefined && DATE.test(version) && !isSupportedVersion(version))
  );
}
