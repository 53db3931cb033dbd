import { defineConfig } from "tsdown";

/** Shared by every package: `tsdown --config ../../tsdown.config.ts [entries]`. */
export default defineConfig({
  cwd: process.cwd(),
  root: "src",
  entry: ["src/index.ts"],
  // Scripts that run as a process of their own stay files of their own.
  copy: ["src/*.mjs"],
  format: "esm",
  target: "node22.22",
  platform: "node",
  dts: true,
  sourcemap: false,
  fixedExtension: false,
});
