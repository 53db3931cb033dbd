/** Where two values of JSON differ: each path with what stands there in the second (`undefined`: nothing any more). */
export function differences(before: unknown, after: unknown, path = ""): Record<string, unknown> {
  if (JSON.stringify(before) === JSON.stringify(after)) return {};
  if (!isContainer(before) || !isContainer(after)) return { [path]: after };
  const found: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const at = path === "" ? key : `${path}.${key}`;
    Object.assign(found, differences(before[key], after[key], at));
  }
  return found;
}

function isContainer(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
