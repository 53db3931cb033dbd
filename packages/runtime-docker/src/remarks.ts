import type { OptionsIssue } from "@omg/core/runtime";
import { isOfThisMachine, parseEngineHost } from "./engine/engine-address.ts";
import { isPinned, parsePort, parseVolume } from "./option-forms.ts";
import type { DockerOptions } from "./options.ts";

/** Each protection that an entry takes off, and what that means. */
export function remarksOn(options: DockerOptions): OptionsIssue[] {
  const remarks: OptionsIssue[] = [];
  const say = (path: (string | number)[], message: string) => remarks.push({ path, message });
  const { image, engine } = options;

  if (!isPinned(image)) say(["image"], "a tag can be moved to another image; name@sha256:… can not");
  if (!options.read_only)
    say(["read_only"], "the server can change its own files, and fill the disk with them");
  if (options.memory === "unlimited") say(["memory"], "the server can take all memory of the machine");
  if (options.cpus === "unlimited") say(["cpus"], "the server can take all processors of the machine");
  if (options.pids_limit === "unlimited") say(["pids_limit"], "the server can start processes without end");
  if (options.user !== undefined && /^(?:root|0+)(?::|$)/.test(options.user))
    say(["user"], "the server runs as root of its container");
  for (const [index, name] of options.cap_add.entries())
    say(["cap_add", index], `the server gets the capability ${name}`);
  for (const [index, text] of options.tmpfs.entries())
    if (/[:,]exec(?:,|$)/.test(text))
      say(["tmpfs", index], "the server can run programs that it wrote there");
  for (const [index, text] of options.volumes.entries())
    if (!parseVolume(text)?.readOnly)
      say(["volumes", index], "the server can write there; add :ro if it need not");
  for (const [index, text] of options.ports.entries()) {
    const { address } = parsePort(text) ?? {};
    if (address !== undefined && !/^(?:127\.|::1$)/.test(address))
      say(
        ["ports", index],
        `whoever reaches ${address} of this machine reaches the server, past the gateway`,
      );
  }
  const hasCertificates = (engine?.ca_file ?? engine?.cert_file) !== undefined;
  if (engine?.host !== undefined && isPlainAndFar(engine.host) && !hasCertificates)
    say(["engine", "host"], "without TLS whoever is on the way rules the engine's machine");
  return remarks;
}

function isPlainAndFar(host: string): boolean {
  try {
    const address = parseEngineHost(host, undefined);
    return !isOfThisMachine(address) && !("tls" in address);
  } catch {
    return false;
  }
}
