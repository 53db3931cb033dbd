import { bins, type Finished, run, Sandbox } from "./omg.ts";

/** What `omg validate` makes of a catalog of one server. */
export async function validated(runtime: object): Promise<Finished> {
  using sandbox = new Sandbox();
  const catalog = sandbox.write("catalog.yaml", { servers: [{ id: "tickets", runtime }] });
  return await run(sandbox, bins.omg, ["validate", "--catalog", catalog]);
}

/** The first line of each thing that it has to say. */
export function said({ stderr }: Finished): string[] {
  return stderr.split("\n").filter((line) => /^(?:error|warning)/.test(line));
}
