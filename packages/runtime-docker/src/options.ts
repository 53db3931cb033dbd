import * as v from "valibot";
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
import { checkAll, closed, optionsSchema } from "./schemas.ts";

const text = v.pipe(
  v.string(),
  v.check((value) => !value.includes("\0"), "must not contain a NUL byte"),
);
const filled = v.pipe(text, v.minLength(1, "must not be empty"));
const aProcessorCount = "must be a number from 0.01 to 1024, or unlimited";
const processors = v.pipe(v.number(), v.minValue(0.01, aProcessorCount), v.maxValue(1024, aProcessorCount));
const aProcessCount = "must be a whole number from 1 to 4194304, or unlimited";
const processes = v.config(
  v.pipe(
    v.number(),
    v.integer(aProcessCount),
    v.minValue(1, aProcessCount),
    v.maxValue(4_194_304, aProcessCount),
  ),
  { abortPipeEarly: true },
);

const engine = v.pipe(
  closed({
    socket: v.pipe(
      v.optional(filled),
      v.description("A socket of this machine, such as /var/run/docker.sock."),
    ),
    host: v.pipe(
      v.optional(filled),
      v.description(
        "An address as Docker writes it: unix:///path, tcp://host:2376. Certificates make it TLS.",
      ),
    ),
    ca_file: v.pipe(v.optional(filled), v.description("The certificate of the engine's authority.")),
    cert_file: v.pipe(
      v.optional(filled),
      v.description("The certificate by which the engine knows the gateway."),
    ),
    key_file: v.pipe(v.optional(filled), v.description("The key to cert_file.")),
    context: v.pipe(v.optional(filled), v.description("The name of a docker context.")),
  }),
  checkAll(({ socket, host, context, ca_file, cert_file, key_file }, complain) => {
    if ([socket, host, context].filter((way) => way !== undefined).length !== 1)
      complain("must say one of socket, host and context");
    if ((cert_file === undefined) !== (key_file === undefined))
      complain("cert_file and key_file belong together");
    if (host === undefined && (ca_file ?? cert_file ?? key_file) !== undefined)
      complain("certificates go with host");
  }),
);

/** What a catalog entry of type `docker` may say. */
export const dockerOptions = optionsSchema(
  v.pipe(
    closed({
      image: v.pipe(imageReference, v.description("The image, best with its digest: name@sha256:…")),
      command: v.pipe(
        v.optional(filled),
        v.description("The program, in place of the image's entry point. Default: the image's."),
      ),
      args: v.pipe(
        v.optional(v.array(text)),
        v.description(
          "Its arguments, texts (quote numbers), never through a shell. Default: the image's, unless command is set.",
        ),
      ),
      transport: v.pipe(
        v.optional(v.picklist(["stdio", "http"]), "stdio"),
        v.description("How the server speaks: over stdin and stdout, or streamable HTTP at port and path."),
      ),
      port: v.pipe(
        v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))),
        v.description("For http: the port that it listens on in the container. It is published on loopback."),
      ),
      path: v.pipe(
        v.optional(
          v.pipe(v.string(), v.regex(/^\/[^\s?#]*$/, "must begin with / and hold no spaces, ? or #")),
          "/mcp",
        ),
        v.description("For http: the path of its MCP endpoint."),
      ),
      container_name: v.pipe(
        v.optional(
          v.pipe(
            v.string(),
            v.regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,99}$/, "must be letters, digits, _ . - (100 at most)"),
          ),
        ),
        v.description(
          "Its name. A second container at the same time gets the next number: name-2. Default: made from the id.",
        ),
      ),
      env_file: v.pipe(
        v.optional(v.union([filled, v.array(filled)], "must be the path of a file, or a list of such")),
        v.description("A file of NAME=value lines, or several; env of the entry goes before them."),
      ),
      volumes: v.pipe(
        v.optional(v.array(volume), []),
        v.description(
          "What it sees of this machine: host:container, with :ro to forbid writing, or name:container.",
        ),
      ),
      tmpfs: v.pipe(
        v.optional(v.array(tmpfs), []),
        v.description("Folders in memory: path or path:size=64m,exec. /tmp is one of 64 MB anyway."),
      ),
      network: v.pipe(
        v.optional(network, "bridge"),
        v.description("bridge, none, or a network that exists. The host's is refused."),
      ),
      ports: v.pipe(
        v.optional(v.array(port), []),
        v.description(
          "Ports to publish: host:container or address:host:container. Without address on loopback.",
        ),
      ),
      extra_hosts: v.pipe(v.optional(v.array(extraHost), []), v.description("Further names: name:address.")),
      user: v.pipe(
        v.optional(filled),
        v.description(
          "Who it runs as: user, uid or uid:gid. Default: the image's user, 65534:65534 if it names none.",
        ),
      ),
      working_dir: v.pipe(
        v.optional(v.pipe(v.string(), v.regex(/^\//, "must be an absolute path"))),
        v.description("The folder in the container that it runs in. Default: the image's."),
      ),
      memory: v.pipe(
        v.optional(v.union([unlimited, bytes], aSize), "512m"),
        v.description("Most memory, such as 512m or 2g, or unlimited. Swap does not add to it."),
      ),
      cpus: v.pipe(
        v.optional(v.union([unlimited, processors], aProcessorCount), 1),
        v.description("Most processors, such as 0.5, or unlimited."),
      ),
      pids_limit: v.pipe(
        v.optional(v.union([unlimited, processes], aProcessCount), 256),
        v.description("Most processes and threads, or unlimited."),
      ),
      read_only: v.pipe(
        v.optional(v.boolean(), true),
        v.description("Whether the container's own files can not be changed."),
      ),
      cap_add: v.pipe(
        v.optional(v.array(capability), []),
        v.description(
          "Capabilities that it needs; all others are dropped. With Docker only root of the container can use them.",
        ),
      ),
      labels: v.pipe(v.optional(labels, {}), v.description("Further labels of the container.")),
      platform: v.pipe(
        v.optional(filled),
        v.description("For images of several: os/arch, such as linux/arm64."),
      ),
      pull: v.pipe(
        v.optional(v.picklist(["missing", "always", "never"]), "missing"),
        v.description(
          "When the image is fetched. always: anew with each change of the entry or start of the gateway.",
        ),
      ),
      require_digest: v.pipe(
        v.optional(v.boolean(), false),
        v.description("Whether image must name a digest, which nobody can move to another image."),
      ),
      stop_timeout: v.pipe(
        v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(300)), 5),
        v.description("Seconds from asking it to end (SIGTERM) to ending it by force."),
      ),
      ...refusedOptions,
      engine: v.pipe(
        v.optional(engine),
        v.description("Where the engine is. Default: as the docker command finds it."),
      ),
    }),
    checkAll((options, complain) => {
      const { transport, port, network, require_digest, image } = options;
      if (transport === "http" && port === undefined) complain("is required with transport: http", "port");
      if (transport === "stdio" && port !== undefined)
        complain("goes with transport: http; further ports to publish are listed in ports", "port");
      if (network === "none" && transport === "http")
        complain("must not be none with transport: http: the gateway could not reach it", "network");
      if (network === "none" && options.ports.length > 0)
        complain("must not be none with ports: there is nothing to publish", "network");
      if (require_digest && !isPinned(image))
        complain("must name a digest (name@sha256:…), since require_digest is true", "image");
    }),
  ),
);

export type DockerOptions = v.InferOutput<typeof dockerOptions>;
