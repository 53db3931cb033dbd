import { places, type Threat } from "./threat.ts";

const { app, core, docker, kubernetes } = places;

/** Containers and clusters, what the model sees, and where software comes from. */
export const beyond: readonly Threat[] = [
  {
    id: "T45",
    attack: "The engine's socket is handed to a container",
    answer: "A volume that holds an engine's socket is refused, by whatever link it comes in.",
    tests: {
      [`${docker}/refusals.test.ts`]: "what would make a server root of the machine is refused",
      [`${docker}/hardening.test.ts`]: "finds no engine's socket",
      [`${docker}/engine-verbs.test.ts`]: "for what containers of one's own take, and nothing else",
    },
  },
  {
    id: "T46",
    attack: "A container that breaks out, forks or fills the disk",
    answer:
      "It is nobody, without capabilities and devices, with a filter of system calls, an image that can not be written to, and limits of memory, processors, processes and temporary files.",
    tests: {
      [`${docker}/hardening.test.ts`]: "a server in a container, if its entry says nothing of it,",
      [`${docker}/loosening.test.ts`]: "a key that takes off a protection",
      [`${docker}/container-spec.test.ts`]: "that names an image only is as narrow as can be",
      [`${app}/validate-containers.test.ts`]: "warns of each protection that an entry takes off",
    },
  },
  {
    id: "T47",
    attack: "An image whose tag moves",
    answer:
      "What a tag stands for is kept until the entry changes, and told in the log; `require_digest` refuses tags.",
    risk: "MCP04",
    tests: {
      [`${docker}/images-identity.test.ts`]: "stays the same while its tag moves",
      [`${app}/validate-containers.test.ts`]: "refuses a tag where a digest is required",
    },
  },
  {
    id: "T48",
    attack: "Rights in a cluster beyond what is needed",
    answer:
      "The Role names what is asked for and nothing else, in one namespace, without Secrets and exec. Pods get no token, and fit the restricted profile unless the entry says otherwise, which is warned of.",
    risk: "MCP02",
    tests: {
      [`${kubernetes}/rbac.test.ts`]: "has no right that is never used",
      [`${kubernetes}/hardening.test.ts`]: "a server in a pod, if its entry says nothing of it,",
      [`${kubernetes}/job-spec.test.ts`]: "fits the restricted profile",
      [`${kubernetes}/remarks.test.ts`]: "what takes off a protection is remarked on",
    },
  },
  {
    id: "T49",
    attack: "A name that breaks a manifest or a selector",
    answer:
      "Manifests are objects, never texts; labels are hashes of what could break them, and `$(NAME)` in values and arguments is no reference.",
    tests: {
      [`${kubernetes}/names.test.ts`]: "are such that clusters take them",
      [`${kubernetes}/job-spec.test.ts`]: "hands on each variable and argument as it is",
    },
  },
  {
    id: "T50",
    attack: "Instructions hidden in the description of a tool",
    answer: "Descriptions pass through as they are, unless the entry has a policy for them.",
    risk: "MCP03",
    tests: {
      [`${core}/invisible.test.ts`]: "a poisoned definition",
      [`${core}/tool-policy.test.ts`]: "replaces the server's byte for byte",
    },
  },
  {
    id: "T51",
    attack: "A tool that changes after it was approved",
    answer: "Definitions can be pinned; a changed one is told of, or blocked.",
    risk: "MCP04",
    tests: {
      [`${core}/pins.test.ts`]: "a tool that is changed after three lists is hidden",
      [`${app}/pin.test.ts`]: "blocks what has changed, and takes over what is approved",
    },
  },
  {
    id: "T52",
    attack: "A tool that takes the name of another",
    answer: "Names on the aggregate carry their server and never meet; each leads back to one tool.",
    risk: "MCP09",
    tests: {
      [`${core}/odd-names.test.ts`]: "get each call that is theirs, whatever they are called",
      [`${core}/wire-names.test.ts`]: "stand for one name of one server each",
    },
  },
  {
    id: "T53",
    attack: "A resource of one server is asked of another",
    answer: "A URI goes to the server that listed it, found in linear time.",
    risk: "MCP10",
    tests: {
      [`${core}/addresses.test.ts`]: "that nobody lists go to nobody",
      [`${core}/uri-template.test.ts`]: "hostile input",
    },
  },
  {
    id: "T54",
    attack: "A schema that is a bomb for whoever checks it",
    answer: "Schemas pass through unread.",
    tests: {
      [`${core}/schema-bombs.test.ts`]: "schemas that would break who reads them pass through unread",
    },
  },
  {
    id: "T55",
    attack: "A plug-in or package that is not what it seems",
    answer: "Not in this version: the binary loads the project's own runtimes only, and installs nothing.",
    risk: "MCP04",
    tests: {},
  },
  {
    id: "T56",
    attack: "Nobody can say who called what",
    answer: "Not in this version: there is a log, and no audit trail.",
    risk: "MCP08",
    tests: {},
  },
];
