/** `antryk decision …`: why messages were refused, or would have been. */
import { retention } from "@antryk/contract";
import { Command } from "commander";
import { decisionsOf, type WantedDecisions } from "../administration/decisions.ts";
import type { PolicyDecision } from "../model/policy-decision.ts";
import { maskRecipient } from "../observe/mask.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { wholeNumber } from "./options.ts";
import { type OutputOptions, print, table, valueTable } from "./output.ts";
import { sinceMs } from "./since.ts";

interface ListOptions extends OutputOptions {
  readonly since: number;
  readonly to?: string;
  readonly service?: string;
  readonly request?: string;
  readonly limit: number;
}

export function decisionCommands(): Command {
  const command = new Command("decision").description("what the policy decided against messages, for seven days");
  command
    .command("list")
    .description("show decisions, the newest first; numbers are masked")
    .option("--to <number>", "of this number")
    .option("--request <id>", "of the request with this x-request-id")
    .option("--service <service>", "of this service")
    .option("--since <time>", "how far to look back: 1h, 7d (default: 1d)", sinceMs, 24 * 3_600_000)
    .option("--limit <n>", "decisions to show", wholeNumber({ min: 1, max: 100_000 }), 50)
    .option("--json", "print one JSON object")
    .action(async ({ since, to, service, request, limit, ...options }: ListOptions) => {
      const wanted = { sinceMs: since, to, serviceId: service?.toLowerCase(), requestId: request };
      const decisions = (await find(wanted, limit)).map(shown);
      const rows = decisions.map(({ at, to: masked, reason, rule, mode, network, decisionId }) => [
        at,
        masked,
        rule === null ? reason : `${reason} ${rule}`,
        mode,
        network ?? "-",
        decisionId,
      ]);
      print(
        options,
        { decisions },
        table(["AT", "TO", "REASON", "MODE", "CLIENT", "DECISION"], rows, "No decision is kept."),
      );
    });
  command
    .command("show")
    .description("show one decision")
    .argument("<decision>", "the decisionId of an error")
    .option("--json", "print one JSON object")
    .action(async (decisionId: string, options: OutputOptions) => {
      const wanted = { sinceMs: retention.decisionsMs, decisionId: decisionId.toLowerCase() };
      const [decision] = (await find(wanted, 1)).map(shown);
      if (!decision) throw new CommandError("there is no such decision: they are kept for seven days");
      print(options, decision, valueTable(decision));
    });
  return command;
}

function find(wanted: WantedDecisions, limit: number): Promise<PolicyDecision[]> {
  return withInstallation({ create: false }, ({ store }) => decisionsOf(store, wanted, limit));
}

function shown({ at, to, ...rest }: PolicyDecision) {
  return { at: new Date(at).toISOString(), to: maskRecipient(to), ...rest };
}
