/** Flags for gateways' settings, made from the metadata of every kind. */
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { type NewSecret, settingFlag } from "../administration/provider-settings.ts";
import { providers } from "../gateways/registry.ts";
import { CommandError } from "./installation.ts";
import { terminal } from "./terminal.ts";

/** Adds every kind's flags. `hidden`: the command's help, which is long already, leaves them out. */
export function addProviderFlags(command: Command, { hidden }: { readonly hidden: boolean }): Command {
  for (const { id, name, fields } of providers.values()) {
    for (const { name: setting, help } of fields) {
      const option = new Option(`${settingFlag(id, setting)} <value>`, `${name}: ${help}`);
      command.addOption(option.hideHelp(hidden));
    }
  }
  return command;
}

/** Settings by name, and whose they are; `of` is undefined if none were given. */
export interface GivenFlags {
  readonly of: string | undefined;
  readonly settings: Readonly<Record<string, string | null>>;
}

/**
 * The settings that were given; those of two kinds are refused, and if `kind` is known, those of another. An empty one
 * takes a setting away. `env:NAME`, `file:PATH` and `-` (standard input) keep secrets out of the list of processes; one
 * that is given plainly is taken, and said to be seen there.
 */
export function givenFlags(options: Readonly<Record<string, unknown>>, kind: string | undefined): GivenFlags {
  const settings: Record<string, string | null> = {};
  let of = kind;
  for (const { id, fields } of providers.values()) {
    for (const { name, secret } of fields) {
      const flag = settingFlag(id, name);
      const value = options[attributeOf(flag)];
      if (typeof value !== "string") continue;
      of ??= id;
      if (id !== of) throw new CommandError(`${flag} is a setting of the provider ${id}, not of ${of}`);
      settings[name] = value === "" ? null : settingValue(value, flag);
      if (secret && value !== "" && settings[name] === value)
        terminal().stderr.write(
          `antryk: ${flag} is seen by everybody who lists processes: give it as env:NAME, file:PATH or -\n`,
        );
    }
  }
  return { of, settings };
}

/** A secret that was made, as JSON and as text. */
export function shownSecret(providerId: string, secret: NewSecret | undefined): { data: object; text: string } {
  if (secret === undefined) return { data: {}, text: "" };
  const { setting, value } = secret;
  const { label = setting } = providers.get(providerId)?.fields.find(({ name }) => name === setting) ?? {};
  const text = `\n${label}, made because none was given: ${value}. Keep it now, it is not shown again.`;
  return { data: { [attributeOf(settingFlag(providerId, setting))]: value }, text };
}

/** As commander names an option's value. */
export function attributeOf(flag: string): string {
  return flag.replace(/^--/, "").replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function settingValue(value: string, flag: string): string {
  if (value === "-") return readFileSync(0, "utf8").trim();
  const [, from, name = ""] = /^(env|file):(.+)$/s.exec(value) ?? [];
  if (from === undefined) return value;
  try {
    const text = from === "env" ? terminal().env[name] : readFileSync(name, "utf8");
    if (text !== undefined) return text.trim();
  } catch (fault) {
    throw new CommandError(`${flag}: ${name} can't be read (${(fault as NodeJS.ErrnoException).code})`);
  }
  throw new CommandError(`${flag}: there is no variable ${name}`);
}
