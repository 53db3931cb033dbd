const MASK = "***";
const SECRET_WORD =
  /token|secret|passw|pwd|(?:^|[-_])(?:api)?key$|api[-_]?key|auth|bearer|credential|private|(?:^|[-_])pat$/i;
const SECRET_FLAG = /^(--?[\w-]+)(=.*)?$/s;
/** `NAME=value` and `Name: value`, as `-e` and `--header` take them. */
const PAIR = /^([\w-]+)(=|:\s*)(.+)$/s;
const SECRET_MAPS = new Set(["env", "headers"]);
const URL_USER = /(\/\/)[^/@\s]+@/g;
const URL_QUERY = /([?&][^=&\s]*(?:token|key|secret|passw|auth|sig)[^=&\s]*=)[^&\s]+/gi;

export interface MaskOptions {
  /** Show text that refers to variables, `${NAME}`: it was never resolved. */
  readonly references: boolean;
}

/** A runtime's options as they may be shown: what is or looks secret becomes `***`. */
export function maskOptions(value: unknown, options: MaskOptions): unknown {
  return masked(value, options, false);
}

/** Variables of an environment as they may be shown: none but references. */
export function maskEnvironment(env: Readonly<Record<string, string>>, options: MaskOptions): unknown {
  return masked(env, options, true);
}

function masked(value: unknown, options: MaskOptions, secret: boolean): unknown {
  if (typeof value === "string") {
    if (options.references && value.includes("${")) return value;
    return secret ? MASK : value.replace(URL_USER, `$1${MASK}@`).replace(URL_QUERY, `$1${MASK}`);
  }
  if (Array.isArray(value))
    return value.map((item, index) => maskedArgument(item, value[index - 1], options, secret));
  if (typeof value !== "object" || value === null) return secret && value !== null ? MASK : value;
  const entries = Object.entries(value).map(([key, item]) => {
    const hidden = secret || SECRET_MAPS.has(key) || SECRET_WORD.test(key);
    return [key, masked(item, options, hidden)] as const;
  });
  return Object.fromEntries(entries);
}

/** One of a command's arguments: `--token=K`, or the K after `--token`. */
function maskedArgument(item: unknown, before: unknown, options: MaskOptions, secret: boolean): unknown {
  if (typeof item !== "string") return masked(item, options, secret);
  const [, flag, value] = SECRET_FLAG.exec(item) ?? [];
  if (flag !== undefined && value !== undefined && SECRET_WORD.test(flag)) {
    return options.references && value.includes("${") ? item : `${flag}=${MASK}`;
  }
  const [, name, between] = PAIR.exec(item) ?? [];
  if (name !== undefined && SECRET_WORD.test(name) && !(options.references && item.includes("${"))) {
    return `${name}${between}${MASK}`;
  }
  const follows = flag === undefined && isSecretFlag(before);
  return masked(item, options, secret || follows);
}

function isSecretFlag(item: unknown): boolean {
  if (typeof item !== "string") return false;
  const [, flag, value] = SECRET_FLAG.exec(item) ?? [];
  return flag !== undefined && value === undefined && SECRET_WORD.test(flag);
}
