import type { PooledServer } from "../pool/server.ts";
import { type Frame, type RequestId, requestFrame, resultFrame } from "../runtime/frame.ts";
import { type ListedItem, readItems } from "../runtime/json-items.ts";
import type { Params } from "../runtime/transport.ts";
import { Call } from "../session/call.ts";
import { knowsTasks } from "../upstream/task-shapes.ts";
import type { Catalog } from "./catalog.ts";
import { withKey } from "./server-view.ts";
import { wireTaskId } from "./wire-names.ts";

const maxPages = 100;

/** The session's tasks on all servers that run, as one list. A server that fails to tell is named in `_meta`. */
export async function mergeTasks(catalog: Catalog, call: Call): Promise<Frame> {
  const missing: string[] = [];
  const lists = await Promise.all(
    catalog.servers.map(async (server) => {
      if (!listsTasks(server.ready(call.session)?.introduction.capabilities)) return [];
      const items = await listTasks(server, call).catch(() => undefined);
      if (!items) missing.push(server.id);
      const slug = catalog.slugOf(server);
      return (items ?? []).map((item) => withKey(item, wireTaskId(slug, item.key)).bytes);
    }),
  );
  const note = missing.length === 0 ? "" : `,"_meta":${JSON.stringify({ "io.omg/missing": missing })}`;
  return resultFrame(call.frame.head.id as RequestId, `{"tasks":[${lists.flat().join(",")}]${note}}`);
}

/** The tasks of modern servers are listed by the gateway. */
function listsTasks(capabilities: Params = {}): boolean {
  const { tasks } = capabilities;
  return (typeof tasks === "object" && tasks !== null && "list" in tasks) || knowsTasks(capabilities);
}

async function listTasks(server: PooledServer, call: Call): Promise<ListedItem[]> {
  const items: ListedItem[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < maxPages; page++) {
    const params = cursor === undefined ? {} : { cursor };
    const answer = await server.forward(new Call(requestFrame(0, "tasks/list", params), call.caller));
    if (answer.head.kind === "error") throw new Error(`Server '${server.id}' does not list its tasks`);
    const read = readItems(answer.bytes, answer.spans.payload?.start ?? 0, "tasks", "taskId");
    items.push(...read.items);
    cursor = read.nextCursor;
    if (cursor === undefined) break;
  }
  return items;
}
