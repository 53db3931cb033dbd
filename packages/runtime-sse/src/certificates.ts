import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { getCACertificates } from "node:tls";
import { OmgError, type StartRequest } from "@omg/core/runtime";
import type { RemoteOptions } from "./options.ts";

/** What of a start or a login counts here. */
type CertificateRequest = Pick<StartRequest<RemoteOptions>, "options" | "baseDirectory" | "server">;

/** Many times what all authorities of the world take. */
const maxBytes = 4 * 1024 * 1024;
const blocks = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates to trust: those of `ca_file` and the usual ones, or undefined for the usual ones alone. */
export async function trustedCertificates(
  request: CertificateRequest,
): Promise<readonly string[] | undefined> {
  const { options, baseDirectory } = request;
  if (options.ca_file === undefined) return undefined;
  const file = resolve(baseDirectory, options.ca_file);
  const text = await readText(file).catch((cause: NodeJS.ErrnoException) => {
    throw refusal(request, `can not be read: ${file} (${cause.code ?? cause.message})`, cause);
  });
  const own = text.match(blocks) ?? [];
  if (own.length === 0)
    throw refusal(request, `holds no certificate in PEM form (-----BEGIN CERTIFICATE-----): ${file}`);
  for (const [index, certificate] of own.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw refusal(request, `is damaged: certificate ${index + 1} of ${file} can not be read`, cause);
    }
  }
  // Those of NODE_EXTRA_CA_CERTS are among the usual ones.
  return [...getCACertificates("default"), ...own];
}

async function readText(file: string): Promise<string> {
  const stats = await stat(file);
  // A device or a pipe might never end.
  if (!stats.isFile() && !stats.isDirectory()) throw new Error("it is no regular file");
  if (stats.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
  return readFile(file, "latin1");
}

function refusal({ server }: CertificateRequest, why: string, cause?: unknown): OmgError {
  const message = `Server '${server}' did not start: ca_file ${why}`;
  return new OmgError("upstream_start_failed", { detail: "ca_file", server, message, executed: "no", cause });
}
