/** Flags for providers' settings, made from their own metadata. */
import { readFileSync } from "node:fs";
import { type Command, Option } from "commander";
import { settingFlag } from "../administration/provider-settings.ts";
import { providers } from "../gateways/registry.ts";
import { CommandError } from "./installation.ts";
import { terminal } from "./terminal.ts";

/** Adds every provider's flags; help shows those of `shown`, or of all where it is left out. */
export function addProviderFlags(command: Command, shown?: string): Command {
  for (const { id, name, fields } of providers.values()) {
    for (const field of fields) {
      const option = new Option(`${settingFlag(id, field.name)} <value>`, `${name}: ${field.help}`);
      command.addOption(shown === undefined || shown === id ? option : option.hideHelp());
    }
  }
  return command;
}

/** The settings that were given for this provider; those of another one are refused. `env:NAME` and `file:PATH` keep secrets out of the process list. */
export function providerSettings(options: Readonly<Record<string, unknown>>, providerId: string): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const { id, fields } of providers.values()) {
    for (const { name } of fields) {
      const flag = settingFlag(id, name);
      const value = options[attributeOf(flag)];
      if (typeof value !== "string") continue;
      if (id !== providerId) throw new CommandError(`${flag} is a setting of the provider ${id}, not of ${providerId}`);
      settings[name] = settingValue(value, flag);
    }
  }
  return settings;
}

/** As commander names an option's value. */
function attributeOf(flag: string): string {
  return flag.slice(2).replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function settingValue(value: string, flag: string): string {
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
