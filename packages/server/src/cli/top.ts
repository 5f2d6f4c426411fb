/** `antryk top`: where messages went lately, what became of them, and what was refused. */
import { Command, InvalidArgumentError } from "commander";
import { type TopGroup, topGroups, topLooksBackMs, topOf } from "../administration/top.ts";
import { parseSpan } from "../policy/limit-notation.ts";
import { formatMicros } from "../policy/money-notation.ts";
import { withInstallation } from "./installation.ts";
import { oneOf, wholeNumber } from "./options.ts";
import { type OutputOptions, print, table } from "./output.ts";

interface TopOptions extends OutputOptions {
  readonly by: TopGroup;
  readonly since: number;
  readonly service?: string;
  readonly limit: number;
}

export function topCommand(): Command {
  return new Command("top")
    .description("show where messages went, how many codes came back, and what was refused")
    .option("--by <group>", topGroups.join(", "), oneOf(...topGroups), "prefix")
    .option("--since <time>", "how far to look back: 10m, 1h, at most 1d (default: 1h)", sinceMs, 3_600_000)
    .option("--service <service>", "only of this service")
    .option("--limit <n>", "rows to show", wholeNumber({ min: 1, max: 10_000 }), 20)
    .option("--json", "print one JSON object")
    .action(async ({ by, since, service, limit, ...options }: TopOptions) => {
      const all = await withInstallation({ create: false }, ({ store }) =>
        topOf(store, by, since, service?.toLowerCase()),
      );
      const rows = all.slice(0, limit);
      const cells = rows.map(({ of, sends, verified, conversion, cost, refused }) => [
        of,
        String(sends),
        String(verified),
        conversion === null ? "-" : `${Math.round(conversion * 100)} %`,
        Object.entries(cost)
          .map(([currency, micros]) => `${formatMicros(micros)} ${currency}`)
          .join(", ") || "-",
        Object.entries(refused)
          .map(([name, count]) => `${name}: ${count}`)
          .join(", ") || "-",
      ]);
      const headers = [by.toUpperCase(), "SENDS", "VERIFIED", "CONVERSION", "COST", "REFUSED"];
      print(options, { by, sinceSeconds: since / 1_000, rows }, table(headers, cells, "Nothing was sent."));
    });
}

function sinceMs(text: string): number {
  const ms = parseSpan(text);
  if (ms !== undefined && ms > 0 && ms <= topLooksBackMs) return ms;
  throw new InvalidArgumentError("It must be a time such as 10m or 1h, at most 1d.");
}
