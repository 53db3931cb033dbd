import { resolve } from "node:path";

/** What a person reads who has a scaffold now. */
export function nextSteps(made: {
  readonly directory: string;
  readonly name: string;
  readonly type: string;
}): string {
  const { directory, name, type } = made;
  const isHere = resolve(directory) === resolve(".");
  return `${name} is in ${directory}: a runtime of the type ${type}, which runs processes on this machine so far.

Try it:
${isHere ? "" : `  cd ${quoted(directory)}\n`}  npm install
  npm test      # the contract of all runtimes
  npm run try   # a gateway that calls a tool of a server

Make it yours:
  src/place.ts     starts, ends and finds servers; nothing else knows the place
  src/options.ts   what an entry of a catalog may say
  README.md, LICENSE and package.json, before you publish it
`;
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
