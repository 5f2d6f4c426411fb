/** `antryk serve`: the service, until SIGTERM or SIGINT. */
import { createFirst } from "../accounts/first.ts";
import { buildApp } from "../app.ts";
import { readConfig } from "../config.ts";
import { isLoopbackHost } from "../http/local.ts";
import { createLog } from "../observe/log.ts";
import { firstRunText, tellFirstRun } from "./first-run.ts";
import { CommandError, openInstallation } from "./installation.ts";

/** Runs until a signal ends it; resolves with the exit code. */
export async function serve(): Promise<number> {
  const firstSignal = nextSignal();
  const config = readConfig(process.env);
  const log = createLog(config.logLevel);
  for (const name of config.unknownVariables)
    log.warn({ event: "unknown_variable", variable: name }, `${name} is not a variable of antryk`);
  const { store, keyring } = await openInstallation({ create: true }, config);
  const app = await buildApp({ store, keyring, log, bodyCredentials: config.bodyCredentials, publicUrl: config.publicUrl });
  const baseUrl = await app.listen(config.host, config.port).catch(async (fault: NodeJS.ErrnoException) => {
    await app.close(0);
    throw new CommandError(
      `can't listen on ${config.host} port ${config.port} (${fault.code}): stop what uses it, or set ANTRYK_HOST and ANTRYK_PORT`,
    );
  });
  log.info({ event: "listening", url: baseUrl, store: store.engine, pid: process.pid }, `antryk listens on ${baseUrl}`);

  // A database server is shared: what looks empty may be another's.
  if (isLoopbackHost(config.host) && config.database.engine === "sqlite") {
    const first = await createFirst(store, keyring);
    if (first) tellFirstRun(firstRunText(baseUrl, first), config.database.path);
  } else if ((await store.listAccounts()).length === 0) {
    log.warn({ event: "no_account" }, 'the store has no account: make one with "antryk init"');
  }

  const signal = await firstSignal;
  log.info({ event: "stopping", signal }, "stopping: requests in flight are finished, new ones are refused");
  const impatient = nextSignal().then(() => false);
  const finished = await Promise.race([app.close(), impatient]);
  log.info({ event: "stopped", finished }, finished ? "stopped" : "stopped before all requests were answered");
  return finished ? 0 : 1;
}

function nextSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => resolve(signal));
  });
}
