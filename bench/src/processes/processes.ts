/** Processor time of whole trees of processes, from /proc: a server's workers, and all that a database runs. */
import { readdirSync, readFileSync } from "node:fs";

/** Of Linux: USER_HZ is 100 on every platform that Node runs on. */
const tickUs = 10_000;

/** User and system time of these processes and all below them, those that have ended included, µs. */
export function treeCpuUs(roots: readonly number[]): number {
  return treeOf(roots).reduce((sum, pid) => sum + cpuUs(pid), 0);
}

/** Resident memory of these processes and all below them, bytes; shared pages count in each. */
export function treeRss(roots: readonly number[]): number {
  return treeOf(roots).reduce(
    (sum, pid) => sum + Number(/VmRSS:\s+(\d+)/.exec(read(pid, "status"))?.[1] ?? 0) * 1024,
    0,
  );
}

function treeOf(roots: readonly number[]): number[] {
  const tree: number[] = [];
  for (const waiting = [...roots]; waiting.length > 0; ) {
    const pid = waiting.pop() ?? 0;
    tree.push(pid);
    waiting.push(...childrenOf(pid));
  }
  return tree;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
      read(pid, `task/${task}/children`).trim().split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

/** utime, stime, and both of children that have ended (proc_pid_stat(5), fields 14 to 17). */
function cpuUs(pid: number): number {
  const fields = read(pid, "stat")
    .replace(/^.*\) /s, "")
    .split(" ");
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * tickUs, 0);
}

/** Empty if the process has ended. */
function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return "";
  }
}
