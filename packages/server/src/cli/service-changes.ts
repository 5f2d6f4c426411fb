/** `antryk service create` and `update`: they know every setting, and every kind of gateway. */
import type { Command } from "commander";
import {
  archiveService,
  createService,
  type ServiceChanges,
  type ServiceResult,
  updateService,
} from "../administration/services.ts";
import { shownService } from "../administration/shown.ts";
import { providers } from "../gateways/registry.ts";
import { formatRoute } from "../policy/route-notation.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { archivedAccount, noAccount, noService } from "./missing.ts";
import { oneOf } from "./options.ts";
import { type OutputOptions, print } from "./output.ts";
import { addProviderFlags, givenFlags, shownSecret } from "./provider-flags.ts";
import { addSettingFlags, changesOf } from "./setting-flags.ts";

interface ChangeOptions extends OutputOptions, Readonly<Record<string, unknown>> {
  readonly provider?: string;
}

/** Adds both to `antryk service`. */
export function addServiceChanges(service: Command): void {
  const create = service
    .command("create")
    .description("make a verification service")
    .requiredOption("--account <account>", "the account's id");
  addSettingFlags(create, ["name"]);
  addOwnGateway(create).action(async (options: ChangeOptions & { account: string }) => {
    const { account } = options;
    const { name = "", ...changes } = allChanges(options, options.provider ?? "sandbox");
    if (changes.countries === undefined)
      create.error(
        "error: say which countries it sends to: --countries IN,US (ISO 3166-1 alpha-2), or --countries all on purpose",
      );
    const made = await withInstallation({ create: false }, (parts) => createService(parts, account, name, changes));
    if (made.kind === "unknown") throw noAccount(account);
    if (made.kind === "archived_account") throw archivedAccount(account);
    const result = done(made);
    printResult(options, result, `Service ${result.service.id} is made.`);
  });
  const update = service
    .command("update")
    .description("change a service; what is not given stays")
    .argument("<service>", "the service's id");
  addSettingFlags(update);
  addOwnGateway(update).action(async (id: string, options: ChangeOptions) => {
    const changes = allChanges(options, options.provider);
    const changed = await withInstallation({ create: false }, (parts) => updateService(parts, id, changes));
    if (changed.kind === "unknown") throw noService(id);
    const result = done(changed);
    printResult(options, result, `Service ${result.service.id} is changed; running servers follow within 2 seconds.`);
  });
  addShortChanges(service);
  addArchive(service);
}

function addArchive(service: Command): void {
  for (const [verb, isArchived, does, done] of [
    ["archive", true, "hide a service: no client knows it, and nothing of it is lost", "is archived"],
    ["restore", false, "bring an archived service back as it was", "is back"],
  ] as const) {
    service
      .command(verb)
      .description(does)
      .argument("<service>", "the service's id")
      .option("--json", "print one JSON object")
      .action(async (id: string, options: OutputOptions) => {
        const changed = await withInstallation({ create: false }, (parts) => archiveService(parts, id, isArchived));
        if (changed.kind === "unknown") throw noService(id);
        const text = `Service ${id} ${done}; running servers follow within 2 seconds.`;
        print(options, shownService(changed.service), text);
      });
  }
}

/** Adds `pause`, `resume` and `rename`: changes that are wanted in a hurry, or by their names. */
function addShortChanges(service: Command): void {
  const change = async (id: string, options: OutputOptions, changes: ServiceChanges, what: string): Promise<void> => {
    const changed = await withInstallation({ create: false }, (parts) => updateService(parts, id, changes));
    if (changed.kind === "unknown") throw noService(id);
    printResult(options, done(changed), `Service ${id} ${what}; running servers follow within 2 seconds.`);
  };
  service
    .command("pause")
    .description("send nothing for a service; codes that are out still verify")
    .argument("<service>", "the service's id")
    .option("--json", "print one JSON object")
    .action((id: string, options: OutputOptions) => change(id, options, { paused: true }, "is paused"));
  service
    .command("resume")
    .description("end the pause of a service")
    .argument("<service>", "the service's id")
    .option("--json", "print one JSON object")
    .action((id: string, options: OutputOptions) => change(id, options, { paused: false }, "sends again"));
  service
    .command("rename")
    .description("give a service another name; messages say it unless there is a brand")
    .argument("<service>", "the service's id")
    .argument("<name>", "what you call it")
    .option("--json", "print one JSON object")
    .action((id: string, name: string, options: OutputOptions) => change(id, options, { name }, "has another name"));
}

/** Flags of the gateway that a service uses while it has no routes. */
function addOwnGateway(command: Command): Command {
  const kinds = [...providers.keys()];
  command.option(
    "--provider <kind>",
    `how messages leave without routes: ${kinds.join(", ")} (default sandbox); flags as of gateway add`,
    oneOf(...kinds),
  );
  return addProviderFlags(command, { hidden: true }).option("--json", "print one JSON object");
}

function allChanges(options: ChangeOptions, kind: string | undefined): ServiceChanges {
  const { of: configOf, settings: config } = givenFlags(options, kind);
  const { provider } = options;
  return { ...changesOf(options), ...(provider === undefined ? {} : { provider }), config, configOf };
}

function done(outcome: Exclude<Awaited<ReturnType<typeof updateService>>, { kind: "unknown" }>): ServiceResult {
  if (outcome.kind === "service") return outcome;
  if (outcome.kind === "problem") throw new CommandError(outcome.message);
  const { route, gateway } = outcome;
  const next = '"antryk gateway list" shows them, "antryk gateway add" makes one';
  throw new CommandError(`--route ${formatRoute(route)}: there is no gateway ${gateway}: ${next}`);
}

function printResult(options: OutputOptions, { service, newSecret, warnings }: ServiceResult, text: string): void {
  const secret = shownSecret(service.provider, newSecret);
  const data = { ...shownService(service), ...secret.data, warnings };
  print(options, data, text + secret.text + warnings.map((warning) => `\nwarning: ${warning}`).join(""));
}
