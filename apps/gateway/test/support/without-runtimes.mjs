// As if no runtime were installed that the binary does not bring along: node --import THIS-FILE …
import { registerHooks } from "node:module";

registerHooks({
  resolve(specifier, context, next) {
    if (!/^@omg\/runtime-(?:docker|k8s)$/.test(specifier)) return next(specifier, context);
    throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
  },
});
