/** `antryk gateway show`. */
import type { Command } from "commander";
import { gatewayDetails } from "../administration/gateway-details.ts";
import { withInstallation } from "./installation.ts";
import { noGateway } from "./missing.ts";
import { type OutputOptions, print, valueTable } from "./output.ts";

/** Adds it to `antryk gateway`. */
export function addGatewayShow(gateway: Command): void {
  gateway
    .command("show")
    .description("show a gateway: its settings, of its secrets only the names, and the services that use it")
    .argument("<name>", "the gateway's name")
    .option("--json", "print one JSON object")
    .action(async (name: string, options: OutputOptions) => {
      const found = await withInstallation({ create: false }, (parts) =>
        gatewayDetails(parts, name, parts.config.publicUrl),
      );
      if (found.kind === "unknown") throw noGateway(name);
      const { kind, ...shown } = found;
      print(options, shown, valueTable(shown));
    });
}
