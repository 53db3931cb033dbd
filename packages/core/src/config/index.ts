export { checkRuntimeOptions } from "./check-options.ts";
export { type Diagnostic, formatDiagnostic, type Place } from "./diagnostic.ts";
export { catalogJsonSchema, configJsonSchema } from "./json-schema.ts";
export { formatLock, type ParsedLock, parseLock } from "./lock-file.ts";
export { type Locate, type ParsedCatalog, type ParsedConfig, parseCatalog, parseConfig } from "./parse.ts";
export type { ReferenceSources } from "./references.ts";
export { type ResolvedFile, resolvedYaml } from "./resolved.ts";
export type { ConfigFile } from "./schema.ts";
export { didYouMean } from "./suggest.ts";
