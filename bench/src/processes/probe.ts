/**
 * Loaded into each process of the run before its program (`--import`): reports what the process used, and profiles it.
 * It does nothing until it is asked, and the program runs as it always does.
 */
import { writeFileSync } from "node:fs";
import { type Profiler, Session } from "node:inspector/promises";
import { answer } from "./answer.ts";
import type { Usage } from "./child.ts";

/** Time between two samples, µs. */
const samplingIntervalUs = 250;

let session: Session | undefined;

answer("usage", (): Usage => {
  const { user, system } = process.cpuUsage();
  return { cpu: user + system, rss: process.memoryUsage.rss() };
});

answer("profile-start", async () => {
  session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.setSamplingInterval", { interval: samplingIntervalUs });
  await session.post("Profiler.start");
});

/** Writes the profile to this file. */
answer("profile-stop", async (file: string) => {
  if (!session) throw new Error("no profile was started");
  const { profile }: Profiler.StopReturnType = await session.post("Profiler.stop");
  session.disconnect();
  writeFileSync(file, JSON.stringify(profile));
});

process.once("disconnect", () => process.exit());
// The channel alone keeps no process alive: the program ends when it ends.
process.channel?.unref();
