import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expectNone } from "../checks.ts";
import { type Consumer, runBin } from "./consumer.ts";

/** Says what Node has loaded of itself by the time the gateway listens, and ends it. */
const observer = `
const { write } = process.stdout;
process.stdout.write = function (text, ...rest) {
  if (!String(text).includes("listens on")) return write.call(this, text, ...rest);
  process.kill(process.pid, "SIGTERM");
  return write.call(this, process.moduleLoadList.join("\\n"));
};
`;

/** Fails if a start loads Node's `fetch` or HTTP/2, which nobody has asked for by then: 25 ms and 10 MB. */
export async function checkLightStart(consumer: Consumer, node: string): Promise<void> {
  const file = join(consumer.directory, "observer.cjs");
  const catalog = join(consumer.directory, "empty.json");
  await writeFile(file, observer);
  await writeFile(catalog, '{"servers":[]}');
  const args = ["serve", "--catalog", catalog, "--listen-addr", "127.0.0.1:0"];
  const loaded = await runBin(consumer, "omg", args, node, { NODE_OPTIONS: `--require=${file}` });
  if (!loaded.includes("NativeModule http")) throw new Error(`it does not listen: ${loaded}`);
  expectNone(loaded.split("\n").filter((name) => /undici\/undici|\bhttp2$/.test(name)));
}
