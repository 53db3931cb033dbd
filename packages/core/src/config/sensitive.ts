export const mask = "***";

/**
 * Keys whose values may be shown. Every other key's value is hidden: whoever mistypes `api_key`, or has a runtime that
 * nobody here knows, shall not find the value in a log.
 */
const plainKeys = new Set([
  ..."listen_addr catalog_path servers log_level idle_timeout_seconds start_timeout_seconds".split(" "),
  ..."request_timeout_seconds health_check_interval_seconds max_connections_per_server".split(" "),
  ..."listing_wait_seconds cors_enabled cors_origins allowed_hosts hot_reload $schema".split(" "),
  ..."id display_name description runtime inherit_env tags scope era pins type".split(" "),
  ..."tools allow deny rename describe clean max_description".split(" "),
  ..."command args working_dir url image container_name volumes network env_file".split(" "),
  ..."transport path ports user read_only tmpfs extra_hosts cpus pids_limit cap_add privileged".split(" "),
  ..."platform pull require_digest stop_timeout engine socket host context ca_file cert_file key_file".split(
    " ",
  ),
  ..."namespace service_account service_name port resources requests limits memory cpu".split(" "),
]);

const secretWord =
  "token|secret|passw|passphrase|pwd|api[-_]?key|access[-_]?key|auth|bearer|cookie|credential|private|signature";
const secretKey = new RegExp(`${secretWord}|(?:^|[-_])(?:key|pat|pass|dsn)$`, "i");
/** `password=…`, `--token=…`, `"apiKey": …`, `Authorization: …`: all that follows is the secret. */
const secretPair = new RegExp(
  `^(.*?(?:${secretWord}|(?<![a-z])(?:key|pat|pass|dsn))[\\w-]*["']?\\s*[=:]\\s*)(.+)$`,
  "is",
);
const urlUser = /(\/\/)[^/@\s]+@/g;
const urlQuery = /([?&][^=&#\s]+=)[^&#\s]+/g;
const knownTokens =
  /\b(?:gh[pousr]_|github_pat_|glpat-|sk-|xox[abprs]-|AKIA|ASIA|AIza|eyJ|npm_|hf_)[\w.-]{6,}|[\w-]{32,}/g;
const reference = /\$\{(?:file:[^{}]*|([A-Za-z_]\w*)(?:(:[-?])([^{}]*))?)\}/g;
const flag = /^--?[\w-]+$/;
/** Flags that take `NAME=value` of an environment, or a header. */
const pairFlag = /^(?:-e|--env|-H|--header)$/;
const pair = /^([\w-]+(?:=|:\s*))(.+)$/s;
const scheme = /^\s*(?:Bearer|Basic)?\s*$/i;

/** Whether a key's value may be shown. */
export function isPlainKey(key: string): boolean {
  return plainKeys.has(key);
}

/** Whether a key says itself that its value is a secret. */
export function isSecretKey(key: string): boolean {
  return secretKey.test(key);
}

/** A value that must not be shown: only its references to variables and files stay. */
export function hideText(text: string): string {
  let hidden = "";
  let end = 0;
  for (const match of text.matchAll(reference)) {
    hidden += hideLiteral(text.slice(end, match.index)) + hideDefault(match);
    end = match.index + match[0].length;
  }
  return hidden + hideLiteral(text.slice(end));
}

/** A value that may be shown, but for what looks like a secret in it. */
export function maskText(text: string): string {
  const [, before, secret] = secretPair.exec(text) ?? [];
  // Nothing that follows such a word is safe, yet what stands before it may hold a URL.
  if (before !== undefined && secret !== undefined && !isUrlQuery(before)) {
    return maskTokens(before) + hideText(secret);
  }
  return maskTokens(text);
}

/** One item of a list, where `--token` says that the next item is a secret. */
export function maskItem(text: string, before: unknown): string {
  if (typeof before === "string" && flag.test(before) && !flag.test(text)) {
    if (isSecretKey(before)) return hideText(text);
    const [, name, value] = pairFlag.test(before) ? (pair.exec(text) ?? []) : [];
    if (name !== undefined && value !== undefined) return name + hideText(value);
  }
  return maskText(text);
}

/** A key as it may be shown. `{ TOKEN:value }` and `{ TOKEN value }` are keys to YAML, and a secret to their author. */
export function maskKey(key: string): string {
  return key.replace(/^([^:=\s]+[:=\s]+).+$/s, `$1${mask}`);
}

function maskTokens(text: string): string {
  return text
    .replace(urlUser, `$1${mask}@`)
    .replace(urlQuery, (whole, name: string) =>
      whole.includes("${") ? name + hideText(whole.slice(name.length)) : name + mask,
    )
    .replace(reference, (whole, name: string | undefined) =>
      name !== undefined && isSecretKey(name) ? hideText(whole) : whole,
    )
    .replace(knownTokens, (token) => (/\d/.test(token) && /[a-z]/i.test(token) ? mask : token));
}

function isUrlQuery(before: string): boolean {
  return /:\/\/\S*[?&][^\s?&]*$/.test(before);
}

function hideLiteral(text: string): string {
  return scheme.test(text) ? text : mask;
}

function hideDefault([whole, name, operator]: RegExpExecArray): string {
  return operator === undefined ? whole : `\${${name}${operator}${mask}}`;
}
