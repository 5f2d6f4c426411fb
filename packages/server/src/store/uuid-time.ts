/** UUID v7 (RFC 9562 §5.7) begins with its time: 48 bits of Unix ms. Ids sort by it. */

/** The smallest string that sorts at or before every UUID v7 of this time. */
export function uuidFloor(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
}

/** The time inside a UUID v7, Unix ms. */
export function uuidTime(uuid: string): number {
  return Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
}
