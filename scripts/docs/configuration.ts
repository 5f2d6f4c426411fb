/** Variables, commands and defaults, from the places where the server reads them. */
import { bounds, defaults, retention, sendBudget, type WindowLimit } from "@antryk/contract";
import type { Argument, Option } from "commander";
import { serviceSettings } from "../../packages/server/src/administration/settings/service.ts";
import { buildProgram } from "../../packages/server/src/cli/program.ts";
import { configVariables, secretVariables } from "../../packages/server/src/config.ts";
import { fileVariable } from "../../packages/server/src/config-files.ts";
import { providers } from "../../packages/server/src/gateways/registry.ts";
import { formatLimits } from "../../packages/server/src/policy/limit-notation.ts";
import { code, sentence, table } from "./markdown.ts";

/** The command line as the program puts it together. */
export const program = await buildProgram(() => undefined);

function commandsText(): string {
  const described: string[] = [];
  for (const command of program.commands) {
    for (const leaf of command.commands.length > 0 ? command.commands : [command]) {
      const path = leaf === command ? [] : [command.name()];
      described.push(
        describe(["antryk", ...path, leaf.name()].join(" "), leaf.description(), leaf.registeredArguments, [
          ...leaf.options.filter(({ mandatory }) => mandatory),
          ...leaf.options.filter(({ mandatory, long }) => !mandatory && long !== "--json" && !isProviders(long)),
        ]),
      );
    }
  }
  return described.join("\n\n");
}

function describe(path: string, description: string, args: readonly Argument[], options: readonly Option[]): string {
  const usage = [path, ...args.map((argument) => `<${argument.name()}>`)].join(" ");
  const heading = `### ${code(usage)}\n\n${sentence(description)}`;
  const rows = [
    ...args.map((argument) => [code(argument.name()), argument.description]),
    ...options.map(({ flags, description: text, mandatory, argChoices }) => [
      code(flags),
      [mandatory ? "required: " : "", text, argChoices ? `: ${argChoices.map(code).join(" or ")}` : ""].join(""),
    ]),
  ];
  return rows.length === 0 ? heading : `${heading}\n\n${table(["takes", "what it is"], rows)}`;
}

/** The flags of gateways are on the gateways' pages. */
function isProviders(long: string | undefined): boolean {
  return [...providers.keys()].some((id) => long?.startsWith(`--${id}-`));
}

const limit = (value: WindowLimit | readonly WindowLimit[]) => code(formatLimits("count" in value ? [value] : value));
const hours = (ms: number) =>
  ms % 86_400_000 === 0 && ms > 86_400_000 ? `${ms / 86_400_000} days` : `${ms / 3_600_000} h`;

function defaultsText(): string {
  return table(
    ["what", "default", "may be", "set by"],
    [
      ...serviceSettings.flatMap(({ flag, documented }) =>
        documented ? [[documented.what, code(documented.usual), documented.range, code(`--${flag}`)]] : [],
      ),
      ["sends of a whole account", limit(defaults.accountLimits), "any limit", "`account create --limit`"],
      ["sends begun per service and recipient, never given back", limit(defaults.recipientTries), "fixed", "-"],
      ["wrong codes per service and recipient, refilled steadily", limit(defaults.wrongCodes), "fixed", "-"],
      [
        "wait before each resend, seconds",
        defaults.resendCooldownSeconds.join(", "),
        "fixed; the last one repeats",
        "-",
      ],
      ["time for the gateway of one send, seconds", String(sendBudget.budgetMs / 1000), "fixed", "-"],
      ["lease of a send, seconds", String((sendBudget.budgetMs + sendBudget.leaseExtraMs) / 1000), "fixed", "-"],
      ["largest body and largest headers, bytes", String(bounds.bodyBytes), "fixed", "-"],
    ],
  );
}

function retentionText(): string {
  return table(
    ["what", "how long"],
    [
      ["nonce and keyed hash of a code", "until it is used or cancelled, else as long as its OTP's row"],
      ["an ended OTP in its recipient's row", `${hours(retention.endedOtpMs)}, or until the next send`],
      [
        "its entry in the history, with the number",
        `${hours(retention.historyMs)} after it was issued, or \`ANTRYK_HISTORY_DAYS\``,
      ],
      [
        "the same, with a keyed hash and a masked form in the number's place",
        `${hours(retention.reducedHistoryMs)} more, or \`ANTRYK_REDUCED_HISTORY_DAYS\``,
      ],
      ["the reply stored for the `Idempotency-Key` of a send, resend or cancel", hours(retention.sendReplyMs)],
      [
        "the reply stored for the `Idempotency-Key` of a verify",
        `until the OTP's end, at most ${retention.verifyReplyMs / 60_000} minutes`,
      ],
    ],
  );
}

export const configurationSections = {
  environment: () =>
    table(
      ["variable", "default", "what it is"],
      Object.entries(configVariables).flatMap(([name, { fallback, help }]) => [
        [code(name), code(fallback), help],
        ...(secretVariables.some((each) => each === name)
          ? [[code(fileVariable(name)), "``", `in its place: a file that holds ${name}`]]
          : []),
      ]),
    ),
  commands: commandsText,
  defaults: defaultsText,
  retention: retentionText,
};
