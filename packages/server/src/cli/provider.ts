/** `antryk provider …`: the providers there are, and the gateways made from them. */
import { Command } from "commander";
import { newGateway } from "../administration/gateways.ts";
import { providers } from "../gateways/registry.ts";
import { CommandError, openInstallation } from "./installation.ts";
import { oneOf, wholeNumber } from "./options.ts";
import { type OutputOptions, print, table } from "./output.ts";
import { addProviderFlags, providerSettings } from "./provider-flags.ts";
import { askServer } from "./server.ts";

interface AddOptions extends OutputOptions, Readonly<Record<string, unknown>> {
  readonly provider: string;
  readonly maxConcurrent?: number;
  readonly maxPerSecond?: number;
}

interface Health {
  readonly name: string;
  readonly provider: string;
  readonly circuit: string;
  readonly inFlight: number;
  readonly accepted: number;
  readonly failed: number;
  readonly lastFailure: { readonly class: string; readonly at: string } | null;
}

const cap = { min: 1, max: 100_000 };

export function providerCommands(): Command {
  const command = new Command("provider").description("gateways: providers with your settings, under names that routes use");
  command
    .command("list")
    .description("show the providers there are and the gateways made from them")
    .option("--gateways", "the gateways alone, with their caps and receipt addresses")
    .option("--json", "print one JSON object: the providers, or with --gateways the gateways")
    .action(async (options: OutputOptions & { gateways?: boolean }) => {
      const { store, config } = await openInstallation({ create: false });
      const gateways = await store.listGateways();
      await store.close();
      const all = [...providers.values()].map(({ id, name, capabilities }) => ({
        id,
        name,
        configured: gateways.some(({ provider }) => provider === id),
        capabilities,
      }));
      const named = gateways.map(({ name, provider, maxConcurrent, maxPerSecond, receiptToken }) => ({
        name,
        provider,
        maxConcurrent,
        maxPerSecond,
        receiptUrl: config.publicUrl === undefined ? null : `${config.publicUrl}/receipts/${provider}/${receiptToken}`,
      }));
      const providerRows = all.map(({ id, name, capabilities }) => [id, name, capabilities.receipts ? "receipts" : "-"]);
      const gatewayRows = named.map(({ name, provider, receiptUrl }) => [name, provider, receiptUrl ?? "- (set ANTRYK_PUBLIC_URL)"]);
      const gatewayTable = table(
        ["GATEWAY", "PROVIDER", "RECEIPTS GO TO"],
        gatewayRows,
        'No gateway yet: make one with "antryk provider add NAME --provider P".',
      );
      if (options.gateways) print(options, { gateways: named }, gatewayTable);
      else print(options, { providers: all }, `${table(["PROVIDER", "NAME", "REPORTS"], providerRows, "")}\n\n${gatewayTable}`);
    });
  addProviderFlags(
    command
      .command("add")
      .description("make a gateway; a setting may be env:VARIABLE or file:PATH")
      .argument("<name>", "what routes call it: a-z, 0-9 and -")
      .requiredOption("--provider <id>", [...providers.keys()].join(", "), oneOf(...providers.keys()))
      .option("--max-concurrent <n>", "messages in hand-over at once", wholeNumber(cap))
      .option("--max-per-second <n>", "messages a second", wholeNumber(cap))
      .option("--json", "print one JSON object"),
  ).action(async (name: string, options: AddOptions) => {
    const { store, keyring } = await openInstallation({ create: false });
    const { provider, maxConcurrent = null, maxPerSecond = null } = options;
    const made = newGateway(
      { name, provider, settings: providerSettings(options, provider), maxConcurrent, maxPerSecond },
      keyring,
      store.now(),
    );
    if (made.kind === "problem") throw new CommandError(made.message);
    const created = await store.createGateway(made.gateway);
    await store.close();
    if (!created) throw new CommandError(`there is a gateway ${name} already: remove it first, or choose another name`);
    const secret = made.newSecret === undefined ? {} : { httpSecret: made.newSecret };
    const secretText =
      made.newSecret === undefined
        ? ""
        : `\nIts messages are signed with ${made.newSecret}: give that to the receiver now, it is not shown again.`;
    print(
      options,
      { name, provider, ...secret },
      `Gateway ${name} is made. Next: antryk service update SERVICE --route "*=${name}"${secretText}`,
    );
  });
  command
    .command("remove")
    .description("remove a gateway that no route names any more")
    .argument("<name>", "the gateway's name")
    .option("--json", "print one JSON object")
    .action(async (name: string, options: OutputOptions) => {
      const { store } = await openInstallation({ create: false });
      const user = (await store.listServices(undefined)).find(({ routes }) => routes.some(({ gateways }) => gateways.includes(name)));
      if (user) throw new CommandError(`service ${user.id} has a route through ${name}: change it first (antryk service update --route)`);
      const removed = await store.removeGateway(name);
      await store.close();
      if (removed.kind === "in_use")
        throw new CommandError(`a service has a route through ${name}: change it first (antryk service update --route)`);
      if (removed.kind === "unknown") throw new CommandError(`there is no gateway ${name}: "antryk provider list" shows them`);
      print(options, { name, removed: true }, `Gateway ${name} is removed.`);
    });
  command
    .command("health")
    .description("show how the running server's gateways do")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const { gateways } = await askServer<{ gateways: Health[] }>("/gateways/health");
      const rows = gateways.map(({ name, provider, circuit, inFlight, accepted, failed, lastFailure }) => [
        name,
        provider,
        circuit,
        String(inFlight),
        String(accepted),
        String(failed),
        lastFailure ? `${lastFailure.class} ${lastFailure.at}` : "-",
      ]);
      print(
        options,
        { gateways },
        table(["GATEWAY", "PROVIDER", "CIRCUIT", "IN FLIGHT", "ACCEPTED", "FAILED", "LAST FAILURE"], rows, "No gateway is in use."),
      );
    });
  return command;
}
