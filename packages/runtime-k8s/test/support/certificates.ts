import forge from "node-forge";

/** Certificate and key in PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

const hourMs = 60 * 60 * 1000;

/** An authority of a test, and what it has signed, with one key for all; good for an hour. */
export class TestAuthority {
  readonly cert: string;
  readonly #keys = forge.pki.rsa.generateKeyPair(2048);
  readonly #name: string;
  #serial = 0;

  /** No two of one test are called the same: the signature of one would be taken for a bad one of the other. */
  constructor(name: string) {
    this.#name = name;
    this.cert = this.#sign(name, [{ name: "basicConstraints", cA: true, critical: true }]);
  }

  /** For a server at 127.0.0.1, or of that name, or a client. */
  identity(name: string): Identity {
    const altNames = [
      { type: 7, ip: "127.0.0.1" },
      { type: 2, value: name },
    ];
    const cert = this.#sign(name, [{ name: "subjectAltName", altNames }]);
    return { cert, key: forge.pki.privateKeyToPem(this.#keys.privateKey) };
  }

  #sign(name: string, extensions: object[]): string {
    const certificate = forge.pki.createCertificate();
    certificate.publicKey = this.#keys.publicKey;
    certificate.serialNumber = `0${++this.#serial}`;
    // A minute early, for clocks that only know seconds.
    certificate.validity.notBefore = new Date(Date.now() - 60_000);
    certificate.validity.notAfter = new Date(Date.now() + hourMs);
    certificate.setSubject([{ name: "commonName", value: name }]);
    certificate.setIssuer([{ name: "commonName", value: this.#name }]);
    certificate.setExtensions(extensions);
    certificate.sign(this.#keys.privateKey, forge.md.sha256.create());
    return forge.pki.certificateToPem(certificate);
  }
}
