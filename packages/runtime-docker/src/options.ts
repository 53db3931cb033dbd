import { z } from "zod";
import {
  aSize,
  bytes,
  capability,
  extraHost,
  imageReference,
  isPinned,
  labels,
  network,
  port,
  tmpfs,
  unlimited,
  volume,
} from "./option-forms.ts";
import { refusedOptions } from "./refused-options.ts";

const missing = (issue: { readonly input?: unknown }) =>
  issue.input === undefined ? "is required" : undefined;
const text = z
  .string({ error: missing })
  .refine((value) => !value.includes("\0"), "must not contain a NUL byte");
const aProcessorCount = "must be a number from 0.01 to 1024, or unlimited";
const aProcessCount = "must be a whole number from 1 to 4194304, or unlimited";
const filled = text.min(1, "must not be empty");

const engine = z
  .strictObject({
    socket: filled.optional().describe("A socket of this machine, such as /var/run/docker.sock."),
    host: filled
      .optional()
      .describe("An address as Docker writes it: unix:///path, tcp://host:2376. Certificates make it TLS."),
    ca_file: filled.optional().describe("The certificate of the engine's authority."),
    cert_file: filled.optional().describe("The certificate by which the engine knows the gateway."),
    key_file: filled.optional().describe("The key to cert_file."),
    context: filled.optional().describe("The name of a docker context."),
  })
  .superRefine(({ socket, host, context, ca_file, cert_file, key_file }, { addIssue }) => {
    if ([socket, host, context].filter((way) => way !== undefined).length !== 1)
      addIssue("must say one of socket, host and context");
    if ((cert_file === undefined) !== (key_file === undefined))
      addIssue("cert_file and key_file belong together");
    if (host === undefined && (ca_file ?? cert_file ?? key_file) !== undefined)
      addIssue("certificates go with host");
  });

/** What a catalog entry of type `docker` may say. */
export const dockerOptions = z
  .strictObject({
    image: imageReference.describe("The image, best with its digest: name@sha256:…"),
    command: filled
      .optional()
      .describe("The program, in place of the image's entry point. Default: the image's."),
    args: z
      .array(text)
      .optional()
      .describe(
        "Its arguments, texts (quote numbers), never through a shell. Default: the image's, unless command is set.",
      ),
    transport: z
      .enum(["stdio", "http"])
      .default("stdio")
      .describe("How the server speaks: over stdin and stdout, or streamable HTTP at port and path."),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .optional()
      .describe("For http: the port that it listens on in the container. It is published on loopback."),
    path: z
      .string()
      .regex(/^\/[^\s?#]*$/, "must begin with / and hold no spaces, ? or #")
      .default("/mcp")
      .describe("For http: the path of its MCP endpoint."),
    container_name: z
      .string()
      .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$/, "must be letters, digits, _ . - (100 at most)")
      .optional()
      .describe(
        "Its name. A second container at the same time gets the next number: name-2. Default: made from the id.",
      ),
    env_file: z
      .union([filled, z.array(filled)], "must be the path of a file, or a list of such")
      .optional()
      .describe("A file of NAME=value lines, or several; env of the entry goes before them."),
    volumes: z
      .array(volume)
      .default([])
      .describe(
        "What it sees of this machine: host:container, with :ro to forbid writing, or name:container.",
      ),
    tmpfs: z
      .array(tmpfs)
      .default([])
      .describe("Folders in memory: path or path:size=64m,exec. /tmp is one of 64 MB anyway."),
    network: network
      .default("bridge")
      .describe("bridge, none, or a network that exists. The host's is refused."),
    ports: z
      .array(port)
      .default([])
      .describe("Ports to publish: host:container or address:host:container. Without address on loopback."),
    extra_hosts: z.array(extraHost).default([]).describe("Further names: name:address."),
    user: filled
      .optional()
      .describe(
        "Who it runs as: user, uid or uid:gid. Default: the image's user, 65534:65534 if it names none.",
      ),
    working_dir: z
      .string()
      .regex(/^\//, "must be an absolute path")
      .optional()
      .describe("The folder in the container that it runs in. Default: the image's."),
    memory: z
      .union([unlimited, bytes], aSize)
      .default("512m")
      .describe("Most memory, such as 512m or 2g, or unlimited. Swap does not add to it."),
    cpus: z
      .union([unlimited, z.number().min(0.01, aProcessorCount).max(1024, aProcessorCount)], aProcessorCount)
      .default(1)
      .describe("Most processors, such as 0.5, or unlimited."),
    pids_limit: z
      .union([unlimited, z.int().min(1, aProcessCount).max(4_194_304, aProcessCount)], aProcessCount)
      .default(256)
      .describe("Most processes and threads, or unlimited."),
    read_only: z.boolean().default(true).describe("Whether the container's own files can not be changed."),
    cap_add: z
      .array(capability)
      .default([])
      .describe(
        "Capabilities that it needs; all others are dropped. With Docker only root of the container can use them.",
      ),
    labels: labels.default({}).describe("Further labels of the container."),
    platform: filled.optional().describe("For images of several: os/arch, such as linux/arm64."),
    pull: z
      .enum(["missing", "always", "never"])
      .default("missing")
      .describe(
        "When the image is fetched. always: anew with each change of the entry or start of the gateway.",
      ),
    require_digest: z
      .boolean()
      .default(false)
      .describe("Whether image must name a digest, which nobody can move to another image."),
    stop_timeout: z
      .number()
      .min(0)
      .max(300)
      .default(5)
      .describe("Seconds from asking it to end (SIGTERM) to ending it by force."),
    ...refusedOptions,
    engine: engine.optional().describe("Where the engine is. Default: as the docker command finds it."),
  })
  .superRefine((options, { addIssue }) => {
    const complain = (key: string, message: string) => addIssue({ code: "custom", path: [key], message });
    const { transport, port, network, require_digest, image } = options;
    if (transport === "http" && port === undefined) complain("port", "is required with transport: http");
    if (transport === "stdio" && port !== undefined)
      complain("port", "goes with transport: http; further ports to publish are listed in ports");
    if (network === "none" && transport === "http")
      complain("network", "must not be none with transport: http: the gateway could not reach it");
    if (network === "none" && options.ports.length > 0)
      complain("network", "must not be none with ports: there is nothing to publish");
    if (require_digest && !isPinned(image))
      complain("image", "must name a digest (name@sha256:…), since require_digest is true");
  });

export type DockerOptions = z.output<typeof dockerOptions>;
