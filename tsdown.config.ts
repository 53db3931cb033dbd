import { defineConfig } from "tsdown";

/** Shared by every package: `tsdown --config ../../tsdown.config.ts [entries]`. */
export default defineConfig({
  cwd: process.cwd(),
  entry: ["src/index.ts"],
  format: "esm",
  target: "node22.22",
  platform: "node",
  dts: true,
  sourcemap: false,
  fixedExtension: false,
});
