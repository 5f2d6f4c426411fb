/** `npm run bench:guard`: what the guard stops of attacks that are simulated, and whom it harms. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { attackNames } from "./attacks.ts";
import { plotOf } from "./plot.ts";
import { type Defence, type Figures, run } from "./run.ts";

interface Task {
  readonly seed: number;
  readonly name: string;
  readonly defence: Defence;
}

if (isMainThread) await main();
else {
  const { seed, name, defence } = workerData as Task;
  parentPort?.postMessage(await run(seed, name, defence));
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      plot: { type: "string" },
      "no-baselines": { type: "boolean", default: false },
    },
  });
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed)) throw new Error("--seed takes a whole number");
  const names = attackNames.filter((name) => name.includes(values.only));
  const defences: readonly Defence[] = values["no-baselines"] ? ["guard"] : ["guard", "limit", "countries"];
  const tasks = defences.flatMap((defence) => names.map((name) => ({ seed, name, defence })));
  const figures = await inParallel(tasks);
  const of = (defence: Defence) => figures.slice(defences.indexOf(defence) * names.length).slice(0, names.length);
  const attacks = of("guard");
  const baselines = values["no-baselines"] ? {} : { prefixLimit: of("limit"), countryList: of("countries") };
  if (values.plot !== undefined)
    writeFileSync(
      values.plot,
      plotOf(`Money of simulated attacks that was stopped, message by message (seed ${seed})`, attacks),
    );
  if (values.json) console.log(JSON.stringify({ seed, attacks, baselines }));
  else {
    print(`guard, seed ${seed}`, attacks);
    for (const [title, each] of Object.entries(baselines)) print(title, each);
  }
}

/** The figures in the tasks' order. */
async function inParallel(tasks: readonly Task[]): Promise<Figures[]> {
  const figures: Figures[] = [];
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < tasks.length; index = next++) figures[index] = await inThread(tasks[index]);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
  return figures;
}

function inThread(task: Task | undefined): Promise<Figures> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: task });
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}

function print(title: string, figures: readonly Figures[]): void {
  const percent = (share: number) => `${(share * 100).toFixed(2)} %`.padStart(8);
  console.log(`\n${title}\n${"attack".padEnd(34)} stopped  after det.  ordinary refused  detection`);
  for (const { name, moneyStopped, moneyStoppedAfterDetection, legitimateRefused, secondsToDetection } of figures) {
    const shares = [moneyStopped, moneyStoppedAfterDetection, legitimateRefused].map(percent).join("    ");
    console.log(`${name.padEnd(34)}${shares}         ${secondsToDetection ?? "never"} s`);
  }
}
