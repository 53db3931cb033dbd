/** One clear sentence in place of a stack trace from some dependency. Runs before anything else is imported. */
export function requireNode(major: number, minor: number): void {
  const [haveMajor = 0, haveMinor = 0] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  process.stderr.write(`omg needs Node.js ${major}.${minor} or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}
