/** What a person types to log in. */
export function loginCommand(server: string): string {
  return `omg login ${/^[\w.@-]+$/.test(server) ? server : JSON.stringify(server)}`;
}
