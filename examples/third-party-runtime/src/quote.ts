/** A text as one word for a POSIX shell, which then sees nothing in it. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A path as one word; `~` at its start is the home folder of whoever runs the shell. */
export function quotePath(path: string): string {
  return path === "~" || path.startsWith("~/") ? `"$HOME"${quote(path.slice(1))}` : quote(path);
}
