/** A command that can not be meant as it is; the message says what to write instead. */
export class UsageError extends Error {}

export const usage = "Usage: npm create omg-runtime DIRECTORY [-- --name PACKAGE --type TYPE]";

export const help = `${usage}

Writes a package with a runtime for Open MCP Gateway into DIRECTORY: a working one, to be changed into yours. It
installs nothing and runs nothing.

  DIRECTORY       a folder that is empty, or not there yet
  --name PACKAGE  the name of the package; default: omg-runtime-DIRECTORY
  --type TYPE     what entries of a catalog call the runtime; default: the end of the package's name
  --version       prints the version
  --help          prints this
`;
