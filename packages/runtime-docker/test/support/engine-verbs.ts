/** What an engine may be asked for, and how: nothing else gives a server more than a container of its own. */
const verbs = [
  ["ping", "GET", /^\/_ping$/],
  ["inspect image", "GET", /^\/images\/.+\/json$/],
  ["inspect network", "GET", /^\/networks\/[^/]+$/],
  ["pull", "POST", /^\/images\/create$/],
  ["create", "POST", /^\/containers\/create$/],
  ["list", "GET", /^\/containers\/json$/],
  ["inspect", "GET", /^\/containers\/[^/]+\/json$/],
  ["attach", "POST", /^\/containers\/[^/]+\/attach$/],
  ["start", "POST", /^\/containers\/[^/]+\/start$/],
  ["wait", "POST", /^\/containers\/[^/]+\/wait$/],
  ["stop", "POST", /^\/containers\/[^/]+\/stop$/],
  ["remove", "DELETE", /^\/containers\/[^/]+$/],
  ["events", "GET", /^\/events$/],
] as const;

export const allowedVerbs: readonly string[] = verbs.map(([verb]) => verb);

/** The verb of a request to an engine; one that is not allowed is written out. */
export function verbOf(method = "", target = ""): string {
  const [path = ""] = target.split("?");
  const known = verbs.find(([, itsMethod, form]) => itsMethod === method && form.test(path));
  return known?.[0] ?? `${method} ${path}`;
}
