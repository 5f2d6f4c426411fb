/** Loaded into a server before it starts (`--import`): each SIGUSR2 sets its wall clock an hour back, or right again.
 * Ahead of the time that passes it would stand for a machine that was suspended (docs/decisions/0024). */
const hourMs = 3_600_000;
const RealDate = Date;
const realNow = Date.now;
let offset = 0;
let steps = 0;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [realNow() + offset] : args, newTarget),
  apply: () => new RealDate(realNow() + offset).toString(),
  get: (target, name, receiver) => (name === "now" ? () => realNow() + offset : Reflect.get(target, name, receiver)),
});

process.on("SIGUSR2", () => {
  steps += 1;
  offset = [-hourMs, 0][(steps - 1) % 2] ?? 0;
  process.stderr.write(`{"event":"clock_stepped","offset":${offset}}\n`);
});
