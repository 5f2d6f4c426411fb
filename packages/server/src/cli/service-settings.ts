/** `antryk service create` and `update`: they know every gateway's flags. */
import { bounds, defaults, type WindowLimit } from "@antryk/contract";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { SettingsProblem } from "../administration/provider-settings.ts";
import { changeService, newService, type ServiceChanges, type ServiceResult } from "../administration/services.ts";
import { providers } from "../gateways/registry.ts";
import type { Route, WrongCodeAnswer } from "../model/service.ts";
import { formatLimits } from "../policy/limit-notation.ts";
import { formatRoute, parseRoute } from "../policy/route-notation.ts";
import type { GatewayStore } from "../store/ports/gateways.ts";
import { CommandError, openInstallation } from "./installation.ts";
import { type MessageOptions, messageChangesOf, withMessageSettings } from "./message-options.ts";
import { accountLimits, oneOf, onOrOff, recipientLimits, wholeNumber } from "./options.ts";
import { type OutputOptions, print } from "./output.ts";
import { addProviderFlags, providerSettings } from "./provider-flags.ts";
import { describe } from "./service-shown.ts";

interface ServiceOptions extends OutputOptions, MessageOptions, Readonly<Record<string, unknown>> {
  readonly name?: string;
  readonly brand?: string;
  readonly template?: string;
  readonly provider?: string;
  readonly codeLength?: number;
  readonly ttl?: number;
  readonly maxAttempts?: number;
  readonly wrongCode?: WrongCodeAnswer;
  readonly recipientLimit?: WindowLimit[];
  readonly serviceLimit?: WindowLimit[];
  readonly clientLimit?: WindowLimit[];
  readonly route?: Route[];
  readonly learnRoutes?: boolean;
}

/** Adds both to `antryk service`. */
export function addSettingsCommands(service: Command): void {
  withSettings(service.command("create").description("make a verification service"))
    .requiredOption("--account <account>", "the account's id")
    .requiredOption("--name <name>", "what you call it; messages name it where no --brand is given")
    .action(async (options: ServiceOptions & { account: string; name: string }) => {
      const { store, keyring } = await openInstallation({ create: false });
      await checkRoutes(options.route, store);
      const made = settled(
        newService(options.account, options.name, changesOf(options, options.provider ?? "sandbox"), keyring, store.now()),
      );
      const created = await store.createService(made.service);
      await store.close();
      if (!created) throw new CommandError(`there is no account ${options.account}: "antryk account list" shows them`);
      printMade(options, made, `Service ${made.service.id} is made.`);
    });
  withSettings(service.command("update").description("change a service; what is not given stays").argument("<service>", "the service's id"))
    .option("--name <name>", "what you call it")
    .action(async (id: string, options: ServiceOptions) => {
      const { store, keyring } = await openInstallation({ create: false });
      const current = await store.findService(id.toLowerCase());
      if (!current) throw new CommandError(`there is no service ${id}: "antryk service list" shows them`);
      await checkRoutes(options.route, store);
      let changed = settled(changeService(current, changesOf(options, options.provider ?? current.provider), keyring));
      await store.updateService(current.id, (before) => {
        changed = settled(changeService(before, changesOf(options, options.provider ?? before.provider), keyring));
        return changed.service;
      });
      await store.close();
      printMade(options, changed, `Service ${current.id} is changed; running servers follow within 2 seconds.`);
    });
}

/** The flags of settings, and those of each provider from its own metadata. */
function withSettings(command: Command): Command {
  const limitText = "N/Wu[, …] with units s m h d, or off";
  const { codeLength, ttlSeconds, maxAttempts } = bounds;
  command
    .option("--provider <id>", `how messages leave: ${[...providers.keys()].join(" or ")} (default sandbox)`, oneOf(...providers.keys()))
    .option("--brand <brand>", "the name that messages say")
    .option("--template <text>", "message text with {code}, {brand} and {minutes}; an empty one brings back the built-in texts")
    .option("--code-length <digits>", `${codeLength.min} to ${codeLength.max} (default ${defaults.codeLength})`, wholeNumber(codeLength))
    .option(
      "--ttl <seconds>",
      `life of a code, ${ttlSeconds.min} to ${ttlSeconds.max} (default ${defaults.ttlSeconds})`,
      wholeNumber(ttlSeconds),
    )
    .option(
      "--max-attempts <n>",
      `wrong codes per OTP, ${maxAttempts.min} to ${maxAttempts.max} (default ${defaults.maxAttempts})`,
      wholeNumber(maxAttempts),
    )
    .addOption(
      new Option("--wrong-code <answer>", "what a wrong code is answered: 200 with valid false, or 400").choices([
        "valid_false",
        "otp_invalid",
      ]),
    )
    .option(
      "--recipient-limit <limits>",
      `sends per recipient: ${limitText} (default ${formatLimits(defaults.recipientLimits)})`,
      recipientLimits,
    )
    .option("--service-limit <limits>", `sends of the whole service: ${limitText} (default off)`, accountLimits)
    .option("--client-limit <limits>", `sends per end user's address (clientIp): ${limitText} (default off)`, accountLimits)
    .option("--json", "print one JSON object");
  withMessageSettings(command);
  addProviderFlags(command, "http");
  return command
    .option("--route <route>", "MATCH=GATEWAY[,GATEWAY…][+timeout], such as IN=msg91,twilio; repeat it; off removes all", collectRoutes)
    .option("--learn-routes <on|off>", "order a route's gateways by how many of their messages are verified (default off)", onOrOff);
}

/** Each `--route` adds one; `off` forgets those before it. */
function collectRoutes(text: string, before: Route[] | undefined): Route[] {
  if (text === "off") return [];
  const route = parseRoute(text);
  if (typeof route === "string") throw new InvalidArgumentError(route);
  return [...(before ?? []), route];
}

/** Refuses routes through gateways that do not exist. */
async function checkRoutes(routes: readonly Route[] | undefined, store: GatewayStore): Promise<void> {
  if (routes === undefined || routes.length === 0) return;
  const names = new Set((await store.listGateways()).map(({ name }) => name));
  for (const route of routes) {
    const missing = route.gateways.find((name) => !names.has(name));
    if (missing !== undefined)
      throw new CommandError(
        `--route ${formatRoute(route)}: there is no gateway ${missing}: "antryk provider list" shows them, "antryk provider add" makes one`,
      );
  }
}

function changesOf(options: ServiceOptions, providerId: string): ServiceChanges {
  const config = providerSettings(options, providerId);
  const { name, brand, template, provider, codeLength, ttl: ttlSeconds, maxAttempts, wrongCode } = options;
  const { recipientLimit: recipientLimits, serviceLimit: serviceLimits, clientLimit: clientLimits, route: routes, learnRoutes } = options;
  const given = {
    name,
    brand,
    template: template === "" ? null : template,
    messages: messageChangesOf(options),
    provider,
    codeLength,
    ttlSeconds,
    maxAttempts,
    wrongCode,
    recipientLimits,
    serviceLimits,
    clientLimits,
    routes,
    learnRoutes,
  };
  return { ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ServiceChanges), config };
}

function settled(result: ServiceResult | SettingsProblem): ServiceResult {
  if (result.kind === "problem") throw new CommandError(result.message);
  return result;
}

function printMade(options: OutputOptions, { service, newSecret, warnings }: ServiceResult, text: string): void {
  const data = { ...describe(service), ...(newSecret === undefined ? {} : { httpSecret: newSecret }), warnings };
  const secretText =
    newSecret === undefined ? "" : `\nIts messages are signed with ${newSecret}: give that to the receiver now, it is not shown again.`;
  print(options, data, text + secretText + warnings.map((warning) => `\nwarning: ${warning}`).join(""));
}
