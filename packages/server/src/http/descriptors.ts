/** How many connections this process can hold: each takes a file descriptor, and so do files and the database. */
import { readFileSync } from "node:fs";

/** Kept for files, the database, gateways and workers. */
const keptBack = 64;
/** If the limit can't be read: what systems without one in the thousands allow. */
const fallback = 1_024;
const unlimited = 1_048_576;

/** The limit of open files of this process, soft; Node has raised it to the hard one. Linux only. */
function openFilesAtMost(): number {
  try {
    const [, soft = ""] = /^Max open files\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "latin1")) ?? [];
    return soft === "unlimited" ? unlimited : Number(soft) || fallback;
  } catch {
    return fallback;
  }
}

/** Connections at most, below the limit of descriptors; `wanted`: what the operator allows. */
export function connectionsAtMost(wanted: number, openFiles: number = openFilesAtMost()): number {
  return Math.max(8, Math.min(wanted, openFiles - Math.max(keptBack, Math.ceil(openFiles / 8))));
}
