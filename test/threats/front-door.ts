import { places, type Threat } from "./threat.ts";

const { app, core, transport } = places;

/** What comes through the front door: HTTP and stdio. */
export const frontDoor: readonly Threat[] = [
  {
    id: "T01",
    attack: "The gateway listens to the whole network without a key",
    answer:
      "It listens on loopback addresses, and refuses to listen elsewhere without a key, or to answer there in a program of others.",
    risk: "MCP07",
    tests: {
      [`${transport}/listen.test.ts`]: "without a key is refused before anything listens",
      [`${transport}/embedding-guard.test.ts`]: "refuses whoever comes over %s, without a credential",
      [`${app}/command-line.test.ts`]: "refuses to listen beyond this machine without a key",
    },
  },
  {
    id: "T02",
    attack: "A web page reaches the gateway by DNS rebinding",
    answer: "Host and Origin are checked on every route, before the key and before the body.",
    risk: "MCP07",
    tests: {
      [`${transport}/guard.test.ts`]: "is refused when it is %j, on every route and before the key",
      [`${app}/hostile-pages.test.ts`]: "of another site reads nothing, starts nothing and opens nothing",
    },
  },
  {
    id: "T03",
    attack: "A Host that two readers read differently",
    answer:
      "Exactly one well-formed Host, compared as it came; whatever has two readings is refused with its connection.",
    tests: {
      [`${transport}/guard.test.ts`]: "must not come twice, nor be missing",
      [`${transport}/framing.test.ts`]: "a request whose end two readers may see at different places",
      [`${app}/hostile-addresses.test.ts`]: "is refused on a raw socket in each of its forms",
    },
  },
  {
    id: "T04",
    attack: "Answers are shared with pages of any origin",
    answer: "Sharing is off, or for exactly the listed origins, and never with the browser's credentials.",
    tests: { [`${transport}/cors.test.ts`]: "refuses a preflight of any other origin" },
  },
  {
    id: "T05",
    attack: "A form or an image on a web page makes a request that needs no permission",
    answer:
      "Bodies must be declared as JSON, and what a browser fetches for another site is refused, also without an Origin.",
    tests: {
      [`${transport}/body.test.ts`]: "must not be %j",
      [`${transport}/guard.test.ts`]: "for a page of another site, on every route",
      [`${app}/hostile-pages.test.ts`]: "of another site reads nothing, starts nothing and opens nothing",
    },
  },
  {
    id: "T06",
    attack: "The time of a refusal tells how much of a key was right",
    answer:
      "Digests of the key are compared in constant time; no secret that a caller gives is compared otherwise.",
    risk: "MCP07",
    tests: { "test/secret-comparisons.test.ts": "no secret that a caller gives is compared sign by sign" },
  },
  {
    id: "T07",
    attack: "A key in a URL, which ends up in logs, or under another scheme",
    answer: "Only `Authorization: Bearer` and `X-API-Key` count, and no log holds a key wherever it came.",
    risk: "MCP01",
    tests: {
      [`${transport}/credential.test.ts`]: "is never read from the URL",
      [`${app}/hostile-addresses.test.ts`]: "opens nothing, and stands in no log",
    },
  },
  {
    id: "T08",
    attack: "A route that somebody forgot to protect",
    answer:
      "One guard stands before all routes and all paths that are none; what is public is a list of three.",
    risk: "MCP07",
    tests: { [`${transport}/credential.test.ts`]: "every registered route but the public ones answers 401" },
  },
  {
    id: "T09",
    attack: "A request that says which command, image or address to run",
    answer: "No route takes one: only the catalog's files say what can be run.",
    risk: "MCP05",
    tests: { [`${app}/hostile-wishes.test.ts`]: "is run by no route, whatever it stands in" },
  },
  {
    id: "T10",
    attack: "A default secret, or headers that claim to be somebody",
    answer:
      "There is no default secret, no header says who calls, and none that claims to reaches a remote server.",
    risk: "MCP07",
    tests: { [`${app}/spoofed-headers.test.ts`]: "reach no remote server, by any form of a call" },
  },
  {
    id: "T11",
    attack: "A body without an end",
    answer: "Bytes are counted as they come, 4 MiB at most; compressed bodies are refused.",
    tests: {
      [`${transport}/body.test.ts`]: "without a length is refused once it is over the limit",
      [`${app}/hostile-messages.test.ts`]: "takes no memory, however many send one at once",
    },
  },
  {
    id: "T12",
    attack: "JSON that is too deep, or that two readers read differently",
    answer:
      "One scan refuses depth, double keys and odd ids, and the very bytes that it has read are forwarded.",
    tests: {
      [`${core}/frame-refusals.test.ts`]: "JSON that is not one message",
      [`${app}/hostile-messages.test.ts`]: "odd messages get their code",
    },
  },
  {
    id: "T13",
    attack: "Headers that name another tool than the body",
    answer: "Both are compared, in every encoding, and a difference is refused; only the body counts.",
    tests: { [`${transport}/modern-headers.test.ts`]: "%s must not say %j" },
  },
  {
    id: "T14",
    attack: "Clients that send or read slowly",
    answer: "Heads, bodies and unread answers have deadlines, and connections a limit.",
    tests: {
      [`${transport}/slow-clients.test.ts`]: "to read are closed, whatever the route",
    },
  },
  {
    id: "T15",
    attack: "Event streams without number",
    answer: "Streams and sessions are limited in number and in time.",
    tests: {
      [`${transport}/streams.test.ts`]: "is limited in number over all sessions",
      [`${transport}/sessions.test.ts`]: "ends after a day, whatever it does",
    },
  },
  {
    id: "T16",
    attack: "A server that talks faster than its client reads",
    answer: "What waits for a client is limited; progress is dropped first, answers never.",
    tests: {
      [`${app}/flooded-clients.test.ts`]: "a client %s that does not read a flood costs little memory",
      [`${transport}/streams.test.ts`]: "loses the oldest progress and log messages, but no requests",
    },
  },
  {
    id: "T17",
    attack: "One caller that starts everything",
    answer: "Starts at once, and calls in flight, are limited.",
    tests: {
      [`${core}/overload.test.ts`]: "a client that starts 500 servers starts eight at a time",
    },
  },
  {
    id: "T18",
    attack: "A session id that is guessed, stolen or left out",
    answer:
      "Ids are 256 random bits, known to their principal and endpoint alone, and a request without one falls to no session.",
    risk: "MCP07",
    tests: {
      [`${transport}/session-ids.test.ts`]: "is 256 random bits, never the same twice",
      [`${transport}/principal.test.ts`]: "is unknown (404) to whoever has not opened it",
    },
  },
  {
    id: "T19",
    attack: "One client's answers or questions reach another",
    answer:
      "Each call has an id of the gateway's own; what a server asks goes to the one session that caused it, or to nobody.",
    risk: "MCP10",
    tests: {
      [`${app}/isolation-storm.test.ts`]:
        "share an instance, and each gets all that is its own and nothing else",
      [`${app}/isolation-eras.test.ts`]: "get their own answers from one shared server",
      [`${app}/isolation-attribution.test.ts`]:
        "can ask nobody and log to nobody while several sessions have calls in flight",
    },
  },
  {
    id: "T20",
    attack: "A state, task or subscription of somebody else is used",
    answer:
      "States are sealed for their principal, endpoint and request, for a time, for one use; tasks have owners.",
    tests: {
      [`${core}/modern-input.test.ts`]:
        "is good for its principal, endpoint, method and parameters alone, unaltered, and once",
      [`${core}/modern-tasks.test.ts`]: "are their principal's alone",
      [`${app}/isolation-ownership.test.ts`]: "a task is its owner's",
    },
  },
  {
    id: "T21",
    attack: "A cache gives one caller's answer to another",
    answer:
      "Every answer says `no-store`; a list that is private stays private when it is put together with others.",
    risk: "MCP10",
    tests: {
      [`${transport}/answer-headers.test.ts`]: "of MCP is so too, whatever its status and form",
      [`${core}/list-caching.test.ts`]:
        "a merged list holds as long and for as many as the strictest of its servers says",
      [`${app}/isolation-session-scope.test.ts`]: "50 clients have an instance each",
    },
  },
  {
    id: "T22",
    attack: "Anybody may see and stop servers",
    answer: "The routes that manage need the key like all others, and show neither values nor secrets.",
    tests: {
      [`${transport}/credential.test.ts`]: "every registered route but the public ones answers 401",
      [`${app}/configuration-secrets.test.ts`]: "not by its routes",
    },
  },
  {
    id: "T23",
    attack: "A tool's name or description runs as a script in a browser",
    answer: "The gateway serves no HTML, and every answer forbids browsers to guess.",
    tests: {
      [`${transport}/answer-headers.test.ts`]: "is kept by no cache, guessed at by no browser, and no HTML",
      [`${app}/hostile-pages.test.ts`]: "that shows what servers say runs none of it",
    },
  },
];
