/** `antryk provider …`: the kinds of gateways that there are. */
import { Command } from "commander";
import { providers } from "../gateways/registry.ts";
import { withInstallation } from "./installation.ts";
import { type OutputOptions, print, table } from "./output.ts";

export function providerCommands(): Command {
  const provider = new Command("provider").description("the kinds of gateways that there are");
  provider
    .command("list")
    .description('show the kinds of gateways; "antryk gateway add" makes one of a kind')
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const gateways = await withInstallation({ create: false }, ({ store }) => store.listGateways());
      const all = [...providers.values()].map(({ id, name, capabilities }) => ({
        id,
        name,
        configured: gateways.some((gateway) => gateway.provider === id),
        capabilities,
      }));
      const rows = all.map(({ id, name, configured, capabilities }) => [
        id,
        name,
        capabilities.receipts ? "receipts" : "-",
        configured ? "yes" : "no",
      ]);
      print(options, { providers: all }, table(["PROVIDER", "NAME", "REPORTS", "CONFIGURED"], rows, ""));
    });
  return provider;
}
