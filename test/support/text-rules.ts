import { lineAt } from "./imports.ts";

/** Paths that exist on one machine only. Names that stand for any user are fine. */
const machinePath =
  /(?<![\w.@/~$}-])(?:file:\/\/)?\/(?:(?:work|root)\/|(?:home|Users)\/(?!(?:user|username|you|me|name|node)\b)[\w.-]+)/g;

/** Package registries, however reached: installs must work behind any mirror, so nothing names one. */
const registryHost =
  /\b(?:[\w-]+\.)*(?:npmjs\.(?:org|com)|yarnpkg\.com|npmmirror\.com|npm\.pkg\.github\.com|deb\.debian\.org|proxy\.golang\.org|pypi\.org|crates\.io)\b/g;

export function findMachinePaths(path: string, text: string): string[] {
  return find(path, text, machinePath);
}

export function findRegistryHosts(path: string, text: string): string[] {
  return find(path, text, registryHost);
}

/** Relative links of a Markdown text, without their anchors; what stands in code is no link. */
export function relativeLinks(markdown: string): string[] {
  const prose = markdown
    .replace(/^( *)(```+|~~~+)[\s\S]*?^\1\2\s*$/gm, "")
    .replace(/(`+)[^`][\s\S]*?\1/g, "");
  const inline = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)];
  const referenced = [...prose.matchAll(/^ {0,3}\[[^\]]+\]:\s*<?([^\s>]+)/gm)];
  const html = [...prose.matchAll(/<(?:a|img|source)\b[^>]*?\b(?:href|src|srcset)="([^"\s]+)/g)];
  return [...inline, ...referenced, ...html]
    .map((match) => match[1] ?? "")
    .filter((target) => !/^(?:[a-z][a-z0-9+.-]*:|\/\/|#)/i.test(target))
    .map((target) => decodeURIComponent(target.replace(/[#?].*$/, "")));
}

function find(path: string, text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => `${path}:${lineAt(text, match.index)}: ${match[0]}`);
}
