/** `antryk doctor`: looks at everything that a start needs and says what to do. */
import { statSync } from "node:fs";
import { Command } from "commander";
import { request } from "undici";
import { examineStore } from "../administration/examine.ts";
import { type Config, readConfig } from "../config.ts";
import { KeyringError } from "../keyring/keyring.ts";
import { ageOfPlansDays, numberingPlans, plansAreOldAfterDays } from "../policy/numbering-plans.ts";
import { withInstallation } from "./installation.ts";
import { type OutputOptions, print } from "./output.ts";
import { serverUrl } from "./server.ts";
import { terminal } from "./terminal.ts";

interface Finding {
  readonly check: string;
  readonly ok: boolean;
  /** Nothing is wrong yet, but somebody should look at it. */
  readonly warning?: true;
  readonly detail: string;
}

export function doctorCommand(exit: (code: number) => void): Command {
  return new Command("doctor")
    .description("check configuration, store, keyring and server")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const findings = await examine();
      const healthy = findings.every(({ ok }) => ok);
      print(
        options,
        { healthy, findings },
        findings.map((finding) => `${wordFor(finding)}  ${finding.check.padEnd(14)} ${finding.detail}`).join("\n"),
      );
      if (!healthy) exit(1);
    });
}

function wordFor({ ok, warning }: Finding): string {
  if (!ok) return "FAIL";
  return warning ? "WARN" : "ok  ";
}

async function examine(): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (check: string, ok: boolean, detail: string) => findings.push({ check, ok, detail });
  add("node", true, process.version);
  findings.push(plansFinding());
  let config: Config;
  try {
    config = readConfig(terminal().env);
    add(
      "configuration",
      true,
      config.unknownVariables.length === 0 ? "well-formed" : `not known here: ${config.unknownVariables.join(", ")}`,
    );
  } catch (fault) {
    add("configuration", false, (fault as Error).message);
    return findings;
  }
  try {
    const state = await withInstallation({ create: false }, ({ store }) => examineStore(store), config);
    const { recipients, history, accounts, services } = state;
    add("store", true, `${config.databaseLabel}: writable, ${recipients} recipients, ${history} ended verifications`);
    for (const detail of state.warnings) findings.push({ check: "database", ok: true, warning: true, detail });
    for (const detail of state.guards) findings.push({ check: "guard", ok: true, warning: true, detail });
    for (const detail of state.nearLimits) findings.push({ check: "limits", ok: true, warning: true, detail });
    add("keyring", true, `${config.keyringPath}: has every key that the store needs`);
    const isUsable = accounts > 0 && services > 0;
    add(
      "accounts",
      isUsable,
      isUsable ? `${accounts} accounts, ${services} services` : 'none yet: "antryk init" makes a first one',
    );
  } catch (fault) {
    const { message, cause } = fault as Error;
    add(
      fault instanceof KeyringError ? "keyring" : "store",
      false,
      cause instanceof Error ? `${message}: ${cause.message}` : message,
    );
  }
  const mode = modeOf(config.keyringPath);
  if (mode !== undefined)
    add(
      "keyring mode",
      (mode & 0o077) === 0,
      (mode & 0o077) === 0 ? "private" : `others can read it: chmod 600 ${config.keyringPath}`,
    );
  add("server", true, await serverState(config));
  return findings;
}

function plansFinding(): Finding {
  const days = ageOfPlansDays(Date.now());
  const detail = `of ${numberingPlans.publishedOn} (libphonenumber-js ${numberingPlans.version}), ${days} days old`;
  const check = "numbers";
  if (days <= plansAreOldAfterDays) return { check, ok: true, detail };
  return { check, ok: true, warning: true, detail: `${detail}: a newer version of antryk has newer ones` };
}

function modeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mode;
}

/** A server that does not run is not a fault of the installation. */
async function serverState(config: Config): Promise<string> {
  const url = serverUrl(config);
  try {
    const { statusCode, body } = await request(`${url}/readyz`, { signal: AbortSignal.timeout(3_000) });
    await body.dump();
    return statusCode === 200 ? `ready at ${url}` : `at ${url}, but answers ${statusCode}`;
  } catch {
    return `none runs at ${url}`;
  }
}
