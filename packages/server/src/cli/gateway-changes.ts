/** `antryk gateway add`, `update`, `enable` and `disable`. */
import type { Command } from "commander";
import {
  addGateway,
  capBounds,
  type GatewayChanges,
  type GatewayResult,
  updateGateway,
} from "../administration/gateways.ts";
import { shownGateway } from "../administration/shown.ts";
import { providers } from "../gateways/registry.ts";
import { CommandError, type Installation, withInstallation } from "./installation.ts";
import { noGateway } from "./missing.ts";
import { oneOf, wholeNumberOrOff } from "./options.ts";
import { type OutputOptions, print } from "./output.ts";
import { addProviderFlags, givenFlags, shownSecret } from "./provider-flags.ts";

interface ChangeOptions extends OutputOptions, Readonly<Record<string, unknown>> {
  readonly maxConcurrent?: number | "off";
  readonly maxPerSecond?: number | "off";
}

/** Adds them to `antryk gateway`. */
export function addGatewayChanges(gateway: Command): void {
  const kinds = [...providers.keys()];
  const add = gateway
    .command("add")
    .description("make a gateway; a setting may be env:VARIABLE, file:PATH or -")
    .argument("<name>", "what routes call it: a-z, 0-9 and -")
    .requiredOption("--provider <kind>", kinds.join(", "), oneOf(...kinds));
  withChanges(add).action(async (name: string, options: ChangeOptions & { provider: string }) => {
    const { provider } = options;
    const given = { name, provider, ...changesOf(options, provider) };
    const made = await withInstallation({ create: false }, (parts) => addGateway(parts, given));
    if (made.kind === "problem") throw new CommandError(made.message);
    if (made.kind === "taken")
      throw new CommandError(
        `there is a gateway ${name} already: "antryk gateway update ${name}" changes it, or choose another name`,
      );
    const secret = shownSecret(provider, made.newSecret);
    const next = `Next: antryk service update SERVICE --route "*=${name}"`;
    print(options, { name, provider, ...secret.data }, `Gateway ${name} is made. ${next}${secret.text}`);
  });
  const update = gateway
    .command("update")
    .description("change a gateway in place; what is not given stays, and so does its receipt address")
    .argument("<name>", "the gateway's name");
  withChanges(update).action((name: string, options: ChangeOptions) =>
    change(name, changesOf(options, undefined), options, "is changed"),
  );
  for (const [verb, enabled, does] of [
    ["enable", true, "let routes use a gateway again"],
    ["disable", false, "let routes skip a gateway; its receipts are still taken"],
  ] as const) {
    gateway
      .command(verb)
      .description(does)
      .argument("<name>", "the gateway's name")
      .option("--json", "print one JSON object")
      .action((name: string, options: OutputOptions) => change(name, { enabled }, options, `is ${verb}d`));
  }
}

function withChanges(command: Command): Command {
  const { min, max } = capBounds;
  const range = `${min} to ${max}, or off (default off)`;
  command
    .option("--max-concurrent <n>", `messages in hand-over at once: ${range}`, wholeNumberOrOff(capBounds))
    .option("--max-per-second <n>", `messages a second: ${range}`, wholeNumberOrOff(capBounds))
    .option("--json", "print one JSON object");
  return addProviderFlags(command, { hidden: false });
}

function changesOf(options: ChangeOptions, kind: string | undefined): GatewayChanges {
  const { maxConcurrent, maxPerSecond } = options;
  const { of: settingsOf, settings } = givenFlags(options, kind);
  return {
    settings,
    settingsOf,
    ...(maxConcurrent === undefined ? {} : { maxConcurrent: capOf(maxConcurrent) }),
    ...(maxPerSecond === undefined ? {} : { maxPerSecond: capOf(maxPerSecond) }),
  };
}

function capOf(given: number | "off"): number | null {
  return given === "off" ? null : given;
}

async function change(name: string, changes: GatewayChanges, options: OutputOptions, what: string): Promise<void> {
  const { changed, publicUrl } = await withInstallation({ create: false }, async (parts: Installation) => ({
    changed: await updateGateway(parts, name, changes),
    publicUrl: parts.config.publicUrl,
  }));
  if (changed.kind === "unknown") throw noGateway(name);
  if (changed.kind === "problem") throw new CommandError(changed.message);
  const { gateway, newSecret }: GatewayResult = changed;
  const secret = shownSecret(gateway.provider, newSecret);
  const text = `Gateway ${name} ${what}; running servers follow within 2 seconds.${secret.text}`;
  print(options, { ...shownGateway(gateway, publicUrl), ...secret.data }, text);
}
