/**
 * Loaded into a server before it starts (`--import`): its wall clock is ahead by what stands in a file, Unix ms as a
 * float of 64 bits, from the first look after it was written on. The monotonic clock knows nothing of it: so a machine
 * is after it was suspended.
 */
import { openSync, readSync } from "node:fs";

const fd = openSync(process.env.TEST_SUSPENSION_FILE ?? "", "r");
const bytes = Buffer.alloc(8);
const RealDate = Date;
const realNow = Date.now;

function now(): number {
  readSync(fd, bytes, 0, 8, 0);
  return realNow() + bytes.readDoubleLE();
}

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === "now" ? now : Reflect.get(target, name, receiver)),
});
