// Plain JavaScript, so that an old Node reads it and gets to say one clear sentence.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 22)) {
  process.stderr.write(`omg needs Node.js 22.22 or newer; this is ${process.versions.node}\n`);
  process.exit(1);
}
