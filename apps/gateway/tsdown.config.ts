import { defineConfig } from "tsdown";
import { thirdPartyLicenses } from "./third-party-licenses.ts";

/** The program as few files that hold everything it needs: a start that resolves no packages takes half the time. */
export default defineConfig({
  root: "src",
  entry: ["src/bin/omg.mjs", "src/bin/gateway-http.mjs", "src/bin/gateway-stdio.mjs"],
  // Node loads its own modules for ES modules with everything they could ever need, `fetch` among it: 25 ms and 10 MB.
  format: "cjs",
  target: "node22.22",
  platform: "node",
  dts: false,
  sourcemap: false,
  // One byte for each character in memory, not two.
  outputOptions: { charset: "ascii" },
  noExternal: [/./],
  plugins: [thirdPartyLicenses()],
  // Half the text to read and to keep; names stay, for stack traces.
  minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
});
