/** What a phone would show: each message becomes files that run.sh compares with what was sent. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface Received {
  readonly to: string;
  readonly text: string;
  /** How it travelled, for the transcript. */
  readonly how: string;
}

/** Writes FOLDER/+NUMBER.N.how, then FOLDER/+NUMBER.N.text; N counts from 1. */
export function createInbox(folder: string): (received: Received) => void {
  mkdirSync(folder, { recursive: true });
  const counts = new Map<string, number>();
  return ({ to, text, how }) => {
    const count = (counts.get(to) ?? 0) + 1;
    counts.set(to, count);
    const path = join(folder, `${to}.${count}`);
    writeFileSync(`${path}.how`, how);
    writeFileSync(`${path}.part`, text);
    renameSync(`${path}.part`, `${path}.text`);
  };
}
