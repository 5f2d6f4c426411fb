/** `antryk gateway …`: kinds of gateways with your settings, under names that routes use. */
import { Command } from "commander";
import { shownGateway } from "../administration/shown.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { noGateway } from "./missing.ts";
import { type OutputOptions, print, table } from "./output.ts";

/** Verbs that can be run without knowing any kind of gateway. */
const light = new Set(["list", "remove"]);

/** With all verbs, or with those that suffice for `verb`: what knows every kind is slow to load. */
export async function gatewayCommands(verb?: string): Promise<Command> {
  const gateway = new Command("gateway").description(
    "gateways: a kind with your settings, under a name that routes use",
  );
  if (verb !== undefined && light.has(verb)) {
    addRemove(gateway);
    addList(gateway);
    return gateway;
  }
  const [{ addGatewayChanges }, { addGatewayShow }, { addGatewayHealth }, { sendTestCommand }] = await Promise.all([
    import("./gateway-changes.ts"),
    import("./gateway-show.ts"),
    import("./gateway-health.ts"),
    import("./send-test.ts"),
  ]);
  addGatewayChanges(gateway);
  addRemove(gateway);
  addList(gateway);
  addGatewayShow(gateway);
  addGatewayHealth(gateway);
  return gateway.addCommand(sendTestCommand("test"));
}

function addRemove(gateway: Command): void {
  gateway
    .command("remove")
    .description("remove a gateway that no route names any more")
    .argument("<name>", "the gateway's name")
    .option("--json", "print one JSON object")
    .action(async (name: string, options: OutputOptions) => {
      const removed = await withInstallation({ create: false }, ({ store }) => store.removeGateway(name));
      if (removed.kind === "unknown") throw noGateway(name);
      if (removed.kind === "in_use") {
        const users = removed.serviceIds.map((id) => `service ${id} has a route through ${name}`).join(", ");
        throw new CommandError(`${users}: change it first (antryk service update --route)`);
      }
      print(options, { name, removed: true }, `Gateway ${name} is removed.`);
    });
}

function addList(gateway: Command): void {
  gateway
    .command("list")
    .description("show your gateways and where their receipts go")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const gateways = await withInstallation({ create: false }, async ({ store, config }) =>
        (await store.listGateways()).map((record) => shownGateway(record, config.publicUrl)),
      );
      const rows = gateways.map(({ name, provider, enabled, receiptUrl }) => [
        name,
        provider,
        enabled ? "yes" : "no",
        receiptUrl ?? "- (set ANTRYK_PUBLIC_URL)",
      ]);
      const empty = 'No gateway yet: make one with "antryk gateway add NAME --provider KIND".';
      print(options, { gateways }, table(["GATEWAY", "PROVIDER", "ENABLED", "RECEIPTS GO TO"], rows, empty));
    });
}
