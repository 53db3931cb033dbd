import * as v from "valibot";
import { text } from "../forms.ts";
import { checkAll, mapOf } from "../schemas.ts";

/** Forms of labels and annotations. */

const word = "[A-Za-z0-9](?:[-\\w.]{0,61}[A-Za-z0-9])?";
const nameForm = new RegExp(`^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?${word}$`);
const valueForm = new RegExp(`^(?:${word})?$`);
const aName = "must have a name of letters, digits, -, _ and . (63 at most), with or without a domain and /";
const aValue = "must be letters, digits, -, _ and . (63 at most), as Kubernetes writes values of labels";

/** What the gateway or the cluster knows a Job and its pod by. */
const taken =
  /^(?:app\.kubernetes\.io\/(?:managed-by|name)$|open-mcp-gateway\.io\/|(?:batch\.kubernetes\.io\/)?(?:job-name|controller-uid)$)/;

const values = v.pipe(v.string(), v.regex(valueForm, aValue));

/** Labels of nodes. */
export const nodeLabels = named(values);
/** Labels that an entry adds. */
export const furtherLabels = named(values, taken);
/** Annotations that an entry adds. */
export const furtherAnnotations = named(text, taken);

function named(value: v.GenericSchema<string>, taken?: RegExp) {
  return v.pipe(
    mapOf(value),
    checkAll((entries, complain) => {
      for (const name of Object.keys(entries)) {
        if (!nameForm.test(name)) complain(aName, name);
        else if (taken?.test(name)) complain("is set by the gateway or the cluster", name);
      }
    }),
  );
}
