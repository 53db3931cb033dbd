import { defineConfig } from "tsdown";

export default defineConfig({ platform: "node", target: "node22.22", dts: true, fixedExtension: false });
