import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import forge from "node-forge";

export interface Identity {
  readonly cert: string;
  readonly key: string;
}

const dayMs = 24 * 60 * 60 * 1000;

/** An authority of a test and what it has signed, with one key for all. All of it is good for two days at most. */
export class TestAuthority implements Disposable {
  /** Holds the file of its certificate. */
  readonly folder: string = mkdtempSync(join(tmpdir(), "runtime-sse-ca-"));
  /** The file of its certificate, relative to the folder. */
  readonly file = "authority.pem";
  readonly #keys = forge.pki.rsa.generateKeyPair(2048);
  /** No two are called the same: the signature of one would be taken for a bad one of the other. */
  readonly #name: string = `Authority ${basename(this.folder)}`;
  #serial = 0;

  constructor() {
    const certificate = this.#certificate(this.#name, { issuer: this.#name, days: 2 });
    certificate.setExtensions([{ name: "basicConstraints", cA: true, critical: true }]);
    writeFileSync(join(this.folder, this.file), this.#signed(certificate));
  }

  /** A certificate for names like `DNS:localhost,IP:127.0.0.1`. Negative days: it has expired. */
  sign(name: string, names: string, days = 2): Identity {
    return this.#identity(this.#certificate(name, { issuer: this.#name, days }), names);
  }

  /** A certificate that vouches for itself; also in the folder, as `NAME.pem`. */
  selfSigned(name: string, names: string): Identity {
    const identity = this.#identity(this.#certificate(name, { issuer: name, days: 2 }), names);
    writeFileSync(join(this.folder, `${name}.pem`), identity.cert);
    return identity;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }

  #certificate(name: string, { issuer, days }: { issuer: string; days: number }): forge.pki.Certificate {
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = this.#keys.publicKey;
    certificate.serialNumber = `0${++this.#serial}`;
    // A minute early, for clocks that only know seconds; one that has expired began before that.
    certificate.validity.notBefore = new Date(Date.now() - 60_000 + Math.min(0, 2 * days * dayMs));
    certificate.validity.notAfter = new Date(Date.now() + days * dayMs);
    certificate.setSubject([{ name: "commonName", value: name }]);
    certificate.setIssuer([{ name: "commonName", value: issuer }]);
    return certificate;
  }

  #identity(certificate: forge.pki.Certificate, names: string): Identity {
    const altNames = names.split(",").map((entry) => {
      const [kind, value = ""] = entry.split(/:(.*)/s);
      return kind === "IP" ? { type: 7, ip: value } : { type: 2, value };
    });
    certificate.setExtensions([{ name: "subjectAltName", altNames }]);
    return { cert: this.#signed(certificate), key: forge.pki.privateKeyToPem(this.#keys.privateKey) };
  }

  #signed(certificate: forge.pki.Certificate): string {
    certificate.sign(this.#keys.privateKey, forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate);
  }
}
