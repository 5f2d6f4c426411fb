/** `npm run bench`: see `--help` and docs/performance.md. */
import { statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { runLearning } from "./learning/learning.ts";
import { Meter } from "./load/measure.ts";
import { measureMemory } from "./load/memory.ts";
import { connections, type Path, paths } from "./load/paths.ts";
import { runRounds } from "./load/rounds.ts";
import { help, type Options, readOptions, UsageError } from "./options.ts";
import { runPostgres } from "./postgres/postgres.ts";
import { Child } from "./processes/child.ts";
import { Installation } from "./processes/installation.ts";
import { profilePaths } from "./report/profile.ts";
import { failuresText, pathFigures, type Report, reportText, yardstickFigures } from "./report/report.ts";
import { runGrowth } from "./rows/growth.ts";
import { runSoak } from "./rows/soak.ts";
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
  if (statfsSync(tmpdir()).type === tmpfs)
    progress(`${tmpdir()} is in memory: set TMPDIR to a disk, or durable writes cost nothing`);
  await using receiver = new Child({ module: new URL("./load/receiver.ts", import.meta.url) });
  await using meter = new Meter();
  const gatewayUrl = await receiver.ask<string>("listen");
  const chosen = paths.filter((path) => options.only.has(path.name));

  if (options.postgres) {
    const { data, text } = await runPostgres(meter, gatewayUrl, options, progress);
    print(data, text);
    if (meter.failures.length > 0) process.exitCode = 1;
    return;
  }
  using installation = await Installation.create(gatewayUrl);
  if (options.soak) {
    const { data, text } = await runSoak(meter, installation, options.soakMinutes, progress);
    print(data, text);
    if (meter.failures.length > 0) progress(failuresText(meter.failures));
  } else if (options.profile !== undefined) {
    print({ folder: options.profile }, await profilePaths(meter, installation, chosen, options.profile));
    if (meter.failures.length > 0) progress(failuresText(meter.failures));
  } else if (options.growth) {
    const { data, text } = await runGrowth(meter, installation, options, progress);
    print(data, text);
  } else {
    const report = await measure(meter, installation, chosen, options);
    print(report, reportText(report));
  }
  if (meter.failures.length > 0) process.exitCode = 1;
}

async function measure(
  meter: Meter,
  installation: Installation,
  chosen: readonly Path[],
  options: Options,
): Promise<Report> {
  await using child = new Child({ module: new URL("./load/yardstick.ts", import.meta.url) });
  const yardstick = { child, origin: await child.ask<string>("listen") };
  const { rounds, seconds } = options;
  const measured = await runRounds({
    meter,
    installation,
    yardstick,
    paths: chosen,
    rounds: chosen.length === 0 ? 0 : rounds,
    seconds,
    onProgress: progress,
  });
  const figures = chosen.map((path) => pathFigures(path, measured.get(path.name) ?? []));
  const [send] = paths;
  if (options.only.has("memory")) progress("memory");
  const memory = send && options.only.has("memory") ? await measureMemory(meter, installation, send) : null;
  return {
    node: process.version,
    connections,
    rounds,
    figures: figures.length === 0 ? [] : [yardstickFigures(measured.values()), ...figures],
    memory,
    failures: meter.failures,
  };
}

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(help);
  else await main(options);
} catch (fault) {
  if (!(fault instanceof UsageError)) throw fault;
  process.stderr.write(`${fault.message}\n(--help tells more)\n`);
  process.exitCode = 2;
}
