/** Modes of the guard as operators write them. Loads nothing. */
import { type GuardMode, type GuardModes, guardModes, guardRules } from "../model/service.ts";

/** One mode for all rules, or `RULE=MODE,…` for some of them; a string says what is wrong. */
export function parseGuard(text: string, before: GuardModes): GuardModes | string {
  const isMode = (mode: string): mode is GuardMode => guardModes.some((each) => each === mode);
  const whole = text.trim();
  if (isMode(whole)) return { conversion: whole, client: whole, sequence: whole, burst: whole };
  const modes: Record<string, GuardMode> = {};
  for (const part of whole.split(",")) {
    const [rule = "", mode = ""] = part.split("=").map((each) => each.trim());
    if (!guardRules.some((each) => each === rule) || !isMode(mode))
      return `"${part.trim()}" says nothing: write off, monitor or enforce, or for one rule ${guardRules.join("|")}=MODE`;
    modes[rule] = mode;
  }
  return { ...before, ...modes };
}

export function formatGuard(modes: GuardModes): string {
  const [first, ...others] = guardRules.map((rule) => modes[rule]);
  if (first !== undefined && others.every((mode) => mode === first)) return first;
  return guardRules.map((rule) => `${rule}=${modes[rule]}`).join(",");
}
