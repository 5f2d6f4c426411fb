/** `antryk gateway health`: asks the server that runs on this machine. */
import type { Command } from "commander";
import { type OutputOptions, print, table } from "./output.ts";
import { askServer } from "./server.ts";

interface Health {
  readonly name: string;
  readonly provider: string;
  readonly circuit: string;
  readonly inFlight: number;
  readonly waiting: number;
  readonly accepted: number;
  readonly failed: number;
  readonly lastFailure: { readonly class: string; readonly at: string } | null;
}

const headers = ["GATEWAY", "PROVIDER", "CIRCUIT", "IN FLIGHT", "WAITING", "ACCEPTED", "FAILED", "LAST FAILURE"];

/** Adds it to `antryk gateway`. */
export function addGatewayHealth(gateway: Command): void {
  gateway
    .command("health")
    .description("show the state of the running server's gateways")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const { gateways } = await askServer<{ gateways: Health[] }>("/gateways/health");
      print(options, { gateways }, table(headers, gateways.map(rowOf), "No gateway is in use."));
    });
}

function rowOf({ name, provider, circuit, inFlight, waiting, accepted, failed, lastFailure }: Health): string[] {
  const failure = lastFailure ? `${lastFailure.class} ${lastFailure.at}` : "-";
  return [name, provider, circuit, String(inFlight), String(waiting), String(accepted), String(failed), failure];
}
