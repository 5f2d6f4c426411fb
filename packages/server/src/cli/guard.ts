/** `antryk guard …`: what the guard against pumping does. */
import { readFileSync } from "node:fs";
import { retention } from "@antryk/contract";
import { Command, InvalidArgumentError } from "commander";
import { blocksOf, guardReports, setGuard } from "../administration/guard.ts";
import { type GuardRule, guardModes, guardRules } from "../model/service.ts";
import { formatGuard } from "../policy/guard-notation.ts";
import { parseSpan } from "../policy/limit-notation.ts";
import { formatMicros } from "../policy/money-notation.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { noService } from "./missing.ts";
import { oneOf } from "./options.ts";
import { type OutputOptions, print, table } from "./output.ts";

interface ModeOptions extends OutputOptions {
  readonly service?: string;
  readonly rule?: GuardRule;
}

const does = {
  off: "judge nothing",
  monitor: "send everything, and keep what it would have refused as decisions",
  enforce: "refuse what looks pumped, for a time that doubles from 15 minutes to 12 hours",
} as const;

export function guardCommands(): Command {
  const command = new Command("guard").description("the guard against pumped traffic (docs/abuse.md)");
  for (const mode of guardModes)
    command
      .command(mode)
      .description(`${does[mode]}; running servers follow within 2 seconds`)
      .option("--service <service>", "only of this service (default: all)")
      .option("--rule <rule>", `only this rule: ${guardRules.join(", ")} (default: all)`, oneOf(...guardRules))
      .option("--json", "print one JSON object")
      .action(async ({ service, rule, ...options }: ModeOptions) => {
        const serviceIds = await withInstallation({ create: false }, ({ store }) =>
          setGuard(store, mode, { serviceId: service, rule }),
        );
        if (serviceIds.length === 0)
          throw service === undefined ? new CommandError("there is no service yet") : noService(service);
        print(
          options,
          { mode, rule: rule ?? "all", serviceIds },
          `The guard of ${serviceIds.length} services: ${mode}.`,
        );
      });
  command
    .command("show")
    .description("show each service's modes, what was found in a day, and what is blocked now")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const shown = await withInstallation({ create: false }, async ({ store }) => {
        const reports = new Map((await guardReports(store)).map((report) => [report.serviceId, report]));
        const services = (await store.listServices(undefined)).map(({ id, name, guard }) => {
          const { refused = 0, wouldHaveRefused = 0, verified = 0 } = reports.get(id) ?? {};
          return { serviceId: id, name, guard: formatGuard(guard), refused, wouldHaveRefused, verified };
        });
        const blocks = (await blocksOf(store)).map(({ serviceId, place, blockedUntil, strikes }) => ({
          serviceId,
          place: placeText(place),
          until: new Date(blockedUntil).toISOString(),
          times: strikes,
        }));
        return { services, blocks };
      });
      const services = shown.services.map((each) => [
        each.serviceId,
        each.name,
        each.guard,
        String(each.refused),
        String(each.wouldHaveRefused),
        String(each.verified),
      ]);
      const blocks = shown.blocks.map(({ serviceId, place, until, times }) => [serviceId, place, until, String(times)]);
      const text = [
        table(["SERVICE", "NAME", "GUARD", "REFUSED", "WOULD HAVE", "OF THOSE VERIFIED"], services, "No service yet."),
        table(["SERVICE", "BLOCKED", "UNTIL", "TIMES"], blocks, "Nothing is blocked."),
      ];
      print(options, shown, text.join("\n\n"));
    });
  addReplay(command);
  return command;
}

interface ReplayOptions extends OutputOptions {
  readonly service: string;
  readonly since: number;
  readonly rules?: string;
}

function addReplay(command: Command): void {
  command
    .command("replay")
    .description("say what other rules would have refused of what was sent, and how much of that was verified")
    .requiredOption("--service <service>", "the service's id")
    .option("--since <time>", "how far to look back: 1h, 7d (default: 7d)", sinceMs, 7 * 24 * 3_600_000)
    .option("--rules <file>", 'a JSON object of settings as service update takes them: {"guard":"enforce"}')
    .option("--json", "print one JSON object")
    .action(async ({ service, since, rules, ...options }: ReplayOptions) => {
      const wanted = rules === undefined ? { guard: "enforce" } : rulesIn(rules);
      const report = await withInstallation({ create: false }, async (parts) =>
        (await import("../administration/replay.ts")).replay(parts, service, since, wanted),
      );
      if (report.kind === "unknown") throw noService(service);
      if (report.kind === "problem") throw new CommandError(report.message);
      const { sends, verified, refused, savedMicros, currency, isPart } = report;
      const rows = refused.map((each) => [each.rule, String(each.sends), String(each.verified)]);
      const saved =
        currency === undefined ? "" : ` They cost ${formatMicros(savedMicros)} ${currency} at one segment each.`;
      const text = [
        `${sends} sends${isPart ? " (the newest; there were more)" : ""}, ${verified} of them verified.${saved}`,
        table(["WOULD BE REFUSED BY", "SENDS", "OF THOSE VERIFIED"], rows, "These rules would have refused nothing."),
      ];
      print(options, { serviceId: service, sinceSeconds: since / 1_000, ...report }, text.join("\n\n"));
    });
}

function sinceMs(text: string): number {
  const ms = parseSpan(text);
  if (ms !== undefined && ms > 0 && ms <= retention.historyMs) return ms;
  throw new InvalidArgumentError("It must be a time such as 1h or 7d, at most as long as numbers are kept.");
}

/** Throws CommandError. */
function rulesIn(file: string): Readonly<Record<string, string>> {
  let rules: unknown;
  try {
    rules = JSON.parse(readFileSync(file, "utf8"));
  } catch (fault) {
    throw new CommandError(`${file} can't be read as JSON: ${(fault as Error).message}`);
  }
  if (typeof rules !== "object" || rules === null || !Object.values(rules).every((text) => typeof text === "string"))
    throw new CommandError(
      `${file} must hold one JSON object of texts, such as {"guard":"enforce","prefix-limit":"50/1h"}`,
    );
  return rules as Readonly<Record<string, string>>;
}

/** What a place is, in words. */
function placeText(place: string): string {
  const rest = place.slice(1);
  if (place.startsWith("c")) return `country ${rest}`;
  return place.startsWith("n") ? `clients in ${rest}` : `${rest}…`;
}
