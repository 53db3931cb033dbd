import * as v from "valibot";

const refused = (why: string) =>
  v.pipe(v.optional(v.never(`is refused: ${why}`)), v.description(`Refused: ${why}.`));

/** Keys that users of other tools may look for. Known, so that the answer says why. */
export const refusedOptions = {
  privileged: refused("a privileged container is root of the engine's machine"),
  devices: refused("a server gets no device of the engine's machine"),
  pid: refused("a server sees no processes but its own"),
  ipc: refused("a server shares no memory with others"),
  userns_mode: refused("the server would be out of the namespace that keeps it from being root outside"),
  security_opt: refused("what keeps the server in its container stays on"),
};
