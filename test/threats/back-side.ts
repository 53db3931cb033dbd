import { places, type Threat } from "./threat.ts";

const { app, core, local, remote } = places;

/** Credentials, remote servers, processes and texts behind the gateway. */
export const backSide: readonly Threat[] = [
  {
    id: "T24",
    attack: "A token that was made for somebody else is accepted",
    answer: "Not in this version: the gateway takes no tokens, only its one key.",
    tests: {},
  },
  {
    id: "T25",
    attack: "The caller's credential is passed on to a server",
    answer:
      "No credential of a caller reaches a server, nor any header but those that repeat arguments of its call.",
    risk: "MCP01",
    tests: { [`${app}/spoofed-headers.test.ts`]: "reach no remote server, by any form of a call" },
  },
  {
    id: "T26",
    attack: "One key may do everything",
    answer: "Not in this version: whoever has the key may use every server.",
    risk: "MCP02",
    tests: {},
  },
  {
    id: "T27",
    attack: "A login of one user is used for another",
    answer: "Not in this version: logins are the operator's, made on the command line.",
    tests: {},
  },
  {
    id: "T28",
    attack: "Forged tokens make the gateway ask for keys again and again",
    answer: "Not in this version: the gateway checks no tokens.",
    tests: {},
  },
  {
    id: "T29",
    attack: "A login page whose address runs something",
    answer: "The gateway opens no browser; an address is shown only if it is https, or http on this machine.",
    risk: "MCP05",
    tests: { [`${remote}/auth/login.test.ts`]: "no login comes of" },
  },
  {
    id: "T30",
    attack: "What a server says about its login points into the private network",
    answer:
      "Discovery dials through the same rules as servers, follows no redirect and reads 64 KiB at most.",
    tests: { [`${remote}/auth/discovery.test.ts`]: "dials no private address that a server names" },
  },
  {
    id: "T31",
    attack: "A redirect takes a credential elsewhere",
    answer: "Redirects are followed within the origin alone.",
    risk: "MCP01",
    tests: { [`${remote}/redirects.test.ts`]: "to another origin is refused, and nothing is sent there" },
  },
  {
    id: "T32",
    attack: "A server of the older transport names another origin to post to",
    answer: "The address must be of the origin that the entry names.",
    risk: "MCP01",
    tests: { [`${remote}/sse.test.ts`]: "the address to POST to" },
  },
  {
    id: "T33",
    attack: "A remote address that leads into the private network, or to a cloud's credentials",
    answer:
      "Addresses are judged as they are dialled; private ones need a word in the entry, those of credentials never work.",
    tests: {
      [`${remote}/address-rules.test.ts`]: "of a cloud's credentials is never dialled",
      [`${remote}/outbound.test.ts`]:
        "that changes its mind between two questions is asked once for a connection",
    },
  },
  {
    id: "T34",
    attack: "An answer without an end, or that grows when it is unpacked",
    answer: "Unpacked bytes are counted, 16 MiB a message, and silence has a deadline.",
    tests: { [`${remote}/evil-servers.test.ts`]: "fails in time and in words, and the next one works" },
  },
  {
    id: "T35",
    attack: "Answers to what nobody asked, twice, or under another's id",
    answer:
      "An answer counts once, for the one call with its id; the rest is dropped and counted, and too much ends the server.",
    risk: "MCP10",
    tests: {
      [`${core}/floods.test.ts`]: "a server that answers what it was not asked",
      [`${core}/isolation-doubt.test.ts`]: "may still be what the server speaks of",
    },
  },
  {
    id: "T36",
    attack: "A certificate that is not the server's",
    answer: "Certificates are always verified, whatever the environment says.",
    tests: { [`${remote}/tls.test.ts`]: "is verified whatever NODE_TLS_REJECT_UNAUTHORIZED says" },
  },
  {
    id: "T37",
    attack: "A server reads the gateway's environment",
    answer: "It gets nine common variables and what its entry declares.",
    risk: "MCP01",
    tests: {
      [`${app}/child-environment.test.ts`]: "nothing of 200 secrets beside it",
      [`${local}/start.test.ts`]: "exactly the environment of the request and the markers",
    },
  },
  {
    id: "T38",
    attack: "An argument that a shell takes for a command",
    answer: "There is no shell: arguments arrive byte for byte, and nothing of a call becomes one.",
    risk: "MCP05",
    tests: {
      [`${local}/start.test.ts`]: "its arguments byte for byte, whatever a shell would make of them",
      [`${app}/hostile-wishes.test.ts`]: "is run by no route, whatever it stands in",
    },
  },
  {
    id: "T39",
    attack: "A configured path that waits for ever, or has no end",
    answer: "Only regular files are read, to a limit and without waiting; the refusal names the place.",
    tests: { [`${app}/hostile-files.test.ts`]: "is refused with its place, at once" },
  },
  {
    id: "T40",
    attack: "YAML that multiplies, nests or lies",
    answer:
      "Size, depth, aliases and keys are limited before anything is built, and the last good catalog goes on serving.",
    tests: {
      [`${core}/config-abuse.test.ts`]: "a text that would take too long is refused",
      [`${app}/hostile-yaml.test.ts`]: "says where the catalog is wrong",
    },
  },
  {
    id: "T41",
    attack: "Names that JavaScript's objects know",
    answer: "Names are looked up in maps, and messages are never merged.",
    tests: {
      [`${core}/prototype-pollution.test.ts`]: "ten thousand messages and configurations that would pollute",
    },
  },
  {
    id: "T42",
    attack: "A secret of the configuration is shown",
    answer: "What came from a variable or a file is hidden in every log, error, route and command.",
    risk: "MCP01",
    tests: {
      [`${app}/configuration-secrets.test.ts`]: "no secret of a configuration is printed",
      [`${app}/secrets.test.ts`]: "no secret reaches a log, an error or a route",
    },
  },
  {
    id: "T43",
    attack: "A server prints a secret",
    answer:
      "Known values are hidden in what servers print, also where a line is cut; arguments of calls are logged at no level.",
    risk: "MCP01",
    tests: {
      [`${app}/secrets.test.ts`]: "no secret is told by what is left of it where a text is cut",
      [`${core}/redact.test.ts`]: "a secret at the end of a text that was cut",
    },
  },
  {
    id: "T44",
    attack: "A text forges a line of the log, or drives the terminal",
    answer: "An entry is one line, and characters that do something are shown as escapes.",
    risk: "MCP08",
    tests: {
      [`${app}/hostile-text.test.ts`]: "no text of a client or a server forges a line of the log",
      [`${app}/command-line-manners.test.ts`]: "control characters of servers",
    },
  },
];
