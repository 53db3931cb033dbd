import type { Era } from "../era.ts";
import { gatewayInfo } from "../gateway-info.ts";
import type { Params } from "../runtime/transport.ts";
import { knowsTasks, tasksDeclared } from "../upstream/task-shapes.ts";
import type { Catalog } from "./catalog.ts";

/** Of one server, and of all together. */
const maxInstructions = 8 * 1024;
const maxAllInstructions = 32 * 1024;

/**
 * What the aggregate says of itself in its answer to `initialize` or `server/discover`. What every gateway can do is always there; what depends
 * on the servers, if one that is known has it, or one might that is not known yet.
 */
export function aggregateIntroduction(catalog: Catalog, session: string, era: Era): Params {
  const known = catalog.servers.flatMap((server) => {
    const listing = catalog.listing(server, session);
    return listing ? [{ id: server.id, ...listing.introduction }] : [];
  });
  const maybe = catalog.missing(session).length > 0;
  const subscribe = maybe || known.some(({ capabilities }) => memberOf(capabilities.resources, "subscribe"));
  const extension = known.some(({ capabilities }) => knowsTasks(capabilities));
  const tasks =
    maybe ||
    (extension && era === "legacy") ||
    known.some(({ capabilities }) => capabilities.tasks !== undefined);
  const instructions = joined(known);
  return {
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { listChanged: true, ...(subscribe ? { subscribe: true } : {}) },
      completions: {},
      logging: {},
      ...(tasks ? { tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } } : {}),
      ...(extension && era === "modern" ? tasksDeclared : {}),
    },
    serverInfo: gatewayInfo,
    ...(instructions === "" ? {} : { instructions }),
  };
}

/** Each server's own instructions under its id, in the order of the catalog. */
function joined(servers: readonly { id: string; instructions?: string | undefined }[]): string {
  let all = "";
  for (const { id, instructions } of servers) {
    if (instructions === undefined) continue;
    const section = `${all === "" ? "" : "\n\n"}# ${id}\n\n${cut(instructions)}`;
    if (all.length + section.length <= maxAllInstructions) all += section;
  }
  return all;
}

function cut(text: string): string {
  return text.length <= maxInstructions ? text : `${text.slice(0, maxInstructions)}…`;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
