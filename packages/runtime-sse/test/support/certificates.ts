import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether certificates can be made here. */
export const hasOpenssl = (() => {
  try {
    execFileSync("openssl", ["version"], { stdio: "pipe" });
    return true;
  } catch {
    return false;
  }
})();

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** An authority of a test and what it has signed, in a folder of its own. All of it is good for two days at most. */
export class TestAuthority implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "runtime-sse-ca-"));
  readonly #key: string = join(this.folder, "key.pem");

  constructor() {
    this.#openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", this.#key);
    this.#selfSigned("authority", "/CN=Authority of a test", []);
  }

  /** The file of its certificate, relative to the folder. */
  readonly file = "authority.pem";

  /** A certificate for names like `DNS:localhost,IP:127.0.0.1`. Negative days: it has expired. */
  sign(name: string, names: string, days = 2): Identity {
    const request = join(this.folder, `${name}.csr`);
    const extensions = join(this.folder, `${name}.ext`);
    writeFileSync(extensions, `subjectAltName=${names}\n`);
    this.#openssl("req", "-new", "-key", this.#key, "-subj", `/CN=${name}`, "-out", request);
    this.#openssl(
      ...["x509", "-req", "-in", request, "-days", String(days), "-extfile", extensions],
      ...["-CA", this.#path("authority"), "-CAkey", this.#key, "-CAcreateserial", "-out", this.#path(name)],
    );
    return this.#identity(name);
  }

  /** A certificate that vouches for itself. */
  selfSigned(name: string, names: string): Identity {
    this.#selfSigned(name, `/CN=${name}`, ["-addext", `subjectAltName=${names}`]);
    return this.#identity(name);
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }

  #selfSigned(name: string, subject: string, more: readonly string[]): void {
    this.#openssl(
      ...["req", "-x509", "-new", "-key", this.#key, "-subj", subject, "-days", "2"],
      ...[...more, "-out", this.#path(name)],
    );
  }

  #identity(name: string): Identity {
    return { cert: readFileSync(this.#path(name), "utf8"), key: readFileSync(this.#key, "utf8") };
  }

  #path(name: string): string {
    return join(this.folder, `${name}.pem`);
  }

  #openssl(...args: string[]): void {
    execFileSync("openssl", args, { stdio: "pipe" });
  }
}
