/** A number as logs may show it: country and the last two digits. */
export function maskRecipient(to: string): string {
  return to.length < 8 ? "+…" : `${to.slice(0, 4)}…${to.slice(-2)}`;
}
