import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { maskCode } from "./mask-code.ts";
import { repositoryRoot } from "./workspace.ts";

/** A declaration that users of a package can import, or a member of one. */
export interface PublicName {
  /** For example `Gateway` or `Gateway.connect`. */
  readonly name: string;
  /** From the root of the repository, with the line: `packages/core/src/gateway/types.ts:27`. */
  readonly place: string;
  /** The text of its doc comment in one line, which editors show; `undefined`: it has none. */
  readonly doc: string | undefined;
  /** Whether it is a member that may be absent. */
  readonly isOptional: boolean;
  /** Of a member of a class: the same member of each interface that the class implements. Editors show its comment, too. */
  readonly implemented: readonly string[];
}

interface Source {
  readonly path: string;
  readonly text: string;
  /** The text without comments and the inside of strings. */
  readonly code: string;
}

/** All that a file exports from others, as an `index.ts` does, with the members of interfaces and classes. */
export function publicNames(path: string): PublicName[] {
  const { text, code } = readSource(path);
  return [...code.matchAll(/^export (?:type )?\{([^}]*)\} from /gm)].flatMap((match) => {
    const specifier = /^"([^"]+)"/.exec(text.slice(match.index + match[0].length))?.[1] ?? "";
    const target = posix.join(posix.dirname(path), specifier);
    return importedNames(match[1] ?? "").flatMap((name) => publicName(target, name));
  });
}

/** One name that a file exports, with its members, wherever it is declared. */
export function publicName(path: string, name: string): PublicName[] {
  const declared = declaredIn(path, readSource(path).text, name);
  return declared ?? publicNames(path).filter((item) => item.name.split(".")[0] === name);
}

/** A declaration of this text with its members; `undefined`: there is none of this name. */
export function declaredIn(path: string, text: string, name: string): PublicName[] | undefined {
  const source: Source = { path, text, code: maskCode(text) };
  const kinds = "function\\*?|class|interface|type|const";
  const start = new RegExp(`^export (?:default |abstract |async )*(?:${kinds}) ${name}\\b`, "m");
  const found = start.exec(source.code);
  if (found === null) return undefined;
  const own = nameAt(source, found.index, { name, isOptional: false, implemented: [] });
  return / (?:interface|class) /.test(found[0]) ? [own, ...membersOf(source, name, found.index)] : [own];
}

/** Members stand at two blanks, as the formatter writes them. Constructors and what is private are left out. */
function membersOf(source: Source, name: string, from: number): PublicName[] {
  const body = source.code.slice(from, source.code.indexOf("\n}", from));
  const interfaces =
    / implements ([\w, ]+)/
      .exec(body.split("\n", 1)[0] ?? "")?.[1]
      ?.trim()
      .split(", ") ?? [];
  const members = body.matchAll(/^ {2}(?:(?:readonly|static|get|async) )*([a-z]\w*)(\?)?[:(<]/gm);
  return [...members]
    .filter(([, member]) => member !== "constructor")
    .map((match) =>
      nameAt(source, from + match.index, {
        name: `${name}.${match[1]}`,
        isOptional: match[2] !== undefined,
        implemented: interfaces.map((type) => `${type}.${match[1]}`),
      }),
    );
}

type Declared = Pick<PublicName, "name" | "isOptional" | "implemented">;

function nameAt({ path, text }: Source, index: number, declared: Declared): PublicName {
  const line = text.slice(0, index).split("\n").length;
  return { ...declared, place: `${path}:${line}`, doc: docBefore(text, index) };
}

/** The doc comment that ends where a declaration begins. */
function docBefore(text: string, index: number): string | undefined {
  const before = text.slice(0, index).trimEnd();
  const comment = before.endsWith("*/") ? before.slice(before.lastIndexOf("/*")) : "";
  if (!comment.startsWith("/**")) return undefined;
  const lines = comment.slice(3, -2).replace(/\n *\*/g, " ");
  return lines.replace(/\s+/g, " ").trim();
}

/** Of `type A, b, c as default` the names in the file that they come from, each once. */
function importedNames(list: string): string[] {
  const names = list.split(",").map((item) => /^\s*(?:type )?(\w+)/.exec(item)?.[1]);
  return [...new Set(names.filter((name) => name !== undefined))];
}

function readSource(path: string): Source {
  const text = readFileSync(join(repositoryRoot, path), "utf8");
  return { path, text, code: maskCode(text) };
}
