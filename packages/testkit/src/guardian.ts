/** Ends what a test has started, and removes its folder, if the test can't: it was killed, or ran out of time. */
import { spawn } from "node:child_process";
import { platform } from "node:os";

export interface Guardian {
  /** One more process that must not outlive the test. */
  watch(pid: number | undefined): void;
  /** The test has cleaned up by itself. */
  end(): void;
}

/**
 * It reads process ids until its input ends, as it does when the test's process is gone, however it ended. If a process
 * has ended since, another one may have its id: its working directory shows, or its command line if there is no /proc.
 */
const script = `
folder=$1
while read -r pid; do pids="$pids $pid"; done
ours() {
  if [ -d /proc/self ]; then
    case "$(readlink "/proc/$1/cwd")" in "$folder" | "$folder"/*) return 0 ;; esac
    return 1
  fi
  ps -o args= -p "$1" | grep -q antryk
}
for signal in QUIT KILL; do
  for pid in $pids; do ours "$pid" && kill -$signal "$pid"; done
  for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    left=; for pid in $pids; do ours "$pid" && left=1; done
    [ -z "$left" ] && break
    sleep 0.2
  done
done
rm -rf "$folder"
`;

/** `folder`: the working directory, or an ancestor of it, of every process that is watched. */
export function guard(folder: string): Guardian {
  if (platform() === "win32") return { watch: () => undefined, end: () => undefined };
  const shell = spawn("/bin/sh", ["-c", script, "sh", folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    cwd: "/",
  });
  shell.unref();
  const { stdin } = shell;
  (stdin as unknown as { unref(): void }).unref();
  stdin.on("error", () => undefined);
  return {
    watch: (pid) => void stdin.write(`${pid ?? ""}\n`),
    end: () => void stdin.end(),
  };
}
