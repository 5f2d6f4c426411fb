/** `npm run bench`: see `--help` and docs/performance.md. */
import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { startPostgres } from "./engines/postgres.ts";
import { sqlite } from "./engines/sqlite.ts";
import { Receivers } from "./gateways/receivers.ts";
import { runLearning } from "./learning/learning.ts";
import { Meter } from "./load/measure.ts";
import { paths } from "./load/paths.ts";
import { help, type Options, readOptions, UsageError } from "./options.ts";
import { runPaths } from "./paths-run.ts";
import { Checkout } from "./processes/checkout.ts";
import { runReceipts } from "./receipts/receipts.ts";
import { profilePaths } from "./report/profile.ts";
import { failuresText, reportText } from "./report/report.ts";
import { runGrowth } from "./rows/growth.ts";
import { runSearch } from "./rows/search.ts";
import { runSoak } from "./rows/soak.ts";
import { runSweep } from "./rows/sweep.ts";
import { runSmpp } from "./smpp/smpp.ts";

const tmpfs = 0x01021994;

const progress = (text: string) => process.stderr.write(`${text}\n`);

async function main(options: Options): Promise<void> {
  const print = (data: object, text: string) =>
    process.stdout.write(`${options.json ? JSON.stringify(data, null, 2) : text}\n`);
  if (options.learning) {
    const { data, text } = runLearning(progress);
    print(data, text);
    return;
  }
  if (options.smpp) {
    const { data, text, lost } = await runSmpp(progress);
    print(data, text);
    if (lost > 0) process.exitCode = 1;
    return;
  }
  if (options.receipts) {
    const { data, text } = await runReceipts(progress);
    print(data, text);
    return;
  }
  if (statfsSync(tmpdir()).type === tmpfs)
    progress(`${tmpdir()} is in memory: set TMPDIR to a disk, or durable writes cost nothing`);
  if (options.sweep) {
    const { data, text } = await runSweep(progress);
    print(data, text);
    return;
  }
  if (options.search) {
    const { data, text } = await runSearch(progress);
    print(data, text);
    return;
  }
  await using receivers = await Receivers.start();
  await using meter = new Meter(receivers);
  if (options.soak || options.profile !== undefined || options.growth)
    await runLonger(options, receivers, meter, print);
  else {
    await using engine = options.postgres ? await startPostgres() : sqlite;
    const report = await runPaths({ engine, meter, receivers, options, onProgress: progress });
    print(report, reportText(report));
  }
  if (meter.failures.length > 0) process.exitCode = 1;
}

/** With this checkout alone; all but profiles over SQLite. */
async function runLonger(
  options: Options,
  receivers: Receivers,
  meter: Meter,
  print: (data: object, text: string) => void,
): Promise<void> {
  await using engine = options.postgres ? await startPostgres() : sqlite;
  await using installation = await engine.install({ checkout: Checkout.own, addresses: receivers.addresses });
  if (options.growth) {
    const { data, text } = await runGrowth(meter, installation, options, progress);
    print(data, text);
    return;
  }
  if (options.profile !== undefined) {
    const chosen = paths.filter(({ name, targets }) => options.only.has(name) && targets[engine.name] !== undefined);
    print({ folder: options.profile }, await profilePaths(meter, installation, chosen, options.profile));
  } else {
    const { data, text } = await runSoak(meter, installation, options.soakMinutes, progress);
    print(data, text);
  }
  if (meter.failures.length > 0) progress(failuresText(meter.failures));
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else await main(options);
} catch (fault) {
  if (!(fault instanceof UsageError)) throw fault;
  process.stderr.write(`${fault.message}\n(--help says more)\n`);
  process.exitCode = 2;
}
