export { checkRuntimeOptions } from "./check-options.ts";
export { type Diagnostic, formatDiagnostic } from "./diagnostic.ts";
export { type Locate, type ParsedCatalog, type ParsedConfig, parseCatalog, parseConfig } from "./parse.ts";
export type { ReferenceSources } from "./references.ts";
export type { ConfigFile } from "./schema.ts";
export { didYouMean } from "./suggest.ts";
