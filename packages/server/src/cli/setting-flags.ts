/** The flags of a service's settings, made from their table. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { ServiceChanges } from "../administration/services.ts";
import { serviceSettings } from "../administration/settings/service.ts";
import type { Setting } from "../administration/settings/setting.ts";
import { CommandError } from "./installation.ts";
import { attributeOf } from "./provider-flags.ts";

/** `mandatory`: names of settings that must be given. */
export function addSettingFlags(command: Command, mandatory: readonly string[] = []): Command {
  for (const setting of serviceSettings) {
    const option = new Option(`--${setting.flag} <${setting.takes}>`, setting.help);
    command.addOption(option.argParser(parserOf(setting)).makeOptionMandatory(mandatory.includes(setting.name)));
  }
  return command;
}

/** In a box, because commander takes null for a flag without its value. */
interface Box {
  readonly value: unknown;
}

function parserOf(setting: Setting): (text: string, before: Box | undefined) => Box {
  return (text, before) => {
    const reading = setting.read(text, before?.value);
    if (reading.kind === "problem") throw new InvalidArgumentError(reading.message);
    return { value: reading.value };
  };
}

/** What the flags that were given change. */
export function changesOf(options: Readonly<Record<string, unknown>>): ServiceChanges {
  let changes: ServiceChanges = {};
  for (const setting of serviceSettings) {
    const given = options[attributeOf(setting.flag)] as Box | undefined;
    if (given === undefined) continue;
    const next = setting.put(given.value, changes);
    if ("kind" in next) throw new CommandError(next.message);
    changes = next;
  }
  return changes;
}
