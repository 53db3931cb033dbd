import { places, type Threat } from "./threat.ts";

const { app, core } = places;

const noContainers = "Not in this version: the binary runs no containers and no workloads of a cluster.";

/** Containers and clusters, what the model sees, and where software comes from. */
export const beyond: readonly Threat[] = [
  { id: "T45", attack: "The engine's socket is handed to a container", answer: noContainers, tests: {} },
  {
    id: "T46",
    attack: "A container that breaks out, forks or fills the disk",
    answer: noContainers,
    tests: {},
  },
  { id: "T47", attack: "An image whose tag moves", answer: noContainers, risk: "MCP04", tests: {} },
  {
    id: "T48",
    attack: "Rights in a cluster beyond what is needed",
    answer: noContainers,
    risk: "MCP02",
    tests: {},
  },
  { id: "T49", attack: "A name that breaks a manifest or a selector", answer: noContainers, tests: {} },
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
