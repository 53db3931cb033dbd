import { describe, expect, test } from "vitest";
import { said, validated } from "./support/validated.ts";

const image = `acme/tickets@sha256:${"0".repeat(64)}`;

const validate = (runtime: object) => validated({ type: "docker", image, ...runtime });

describe("omg validate, of a server in a container,", () => {
  test("says nothing of an entry that leaves everything on", async () => {
    expect(await validate({})).toEqual({
      code: 0,
      stdout: "The configuration is valid: 1 server.\n",
      stderr: "",
    });
  });

  test("warns of each protection that an entry takes off", async () => {
    const result = await validate({
      image: "acme/tickets:1",
      read_only: false,
      memory: "unlimited",
      cpus: "unlimited",
      pids_limit: "unlimited",
      user: "root",
      cap_add: ["NET_RAW"],
      tmpfs: ["/tmp:exec"],
      volumes: ["./data:/data"],
      ports: ["0.0.0.0:8080:80"],
    });
    expect(result.code).toBe(0);
    expect(said(result)).toEqual([
      "warning: runtime.image: a tag can be moved to another image; name@sha256:… can not",
      "warning: runtime.read_only: the server can change its own files, and fill the disk with them",
      "warning: runtime.memory: the server can take all memory of the machine",
      "warning: runtime.cpus: the server can take all processors of the machine",
      "warning: runtime.pids_limit: the server can start processes without end",
      "warning: runtime.user: the server runs as root of its container",
      "warning: runtime.cap_add.0: the server gets the capability NET_RAW",
      "warning: runtime.tmpfs.0: the server can run programs that it wrote there",
      "warning: runtime.volumes.0: the server can write there; add :ro if it need not",
      "warning: runtime.ports.0: whoever reaches 0.0.0.0 of this machine reaches the server, past the gateway",
    ]);
  });

  test("refuses what would make it root of the machine, with the key and the reason", async () => {
    const result = await validate({
      privileged: true,
      network: "host",
      volumes: ["/var/run/docker.sock:/docker.sock:ro"],
    });
    expect(result.code).toBe(5);
    expect(said(result)).toEqual([
      "error[config_invalid]: runtime.privileged: is refused: a privileged container is root of the engine's machine",
      "error[config_invalid]: runtime.network: must not be host: the server would reach all that this machine reaches",
      "error[config_invalid]: runtime.volumes.0: must not hand an engine's socket to a server: it would rule this machine",
    ]);
  });

  test("refuses a tag where a digest is required", async () => {
    const result = await validate({ image: "acme/tickets:1", require_digest: true });
    expect(result.code).toBe(5);
    expect(said(result)[0]).toBe(
      "error[config_invalid]: runtime.image: must name a digest (name@sha256:…), since require_digest is true",
    );
  });
});
