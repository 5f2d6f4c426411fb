/** Parsers of option values: each says what it takes. */
import type { WindowLimit } from "@antryk/contract";
import { InvalidArgumentError } from "commander";
import { parseLimits, parseRecipientLimits } from "../policy/limit-notation.ts";

export function accountLimits(text: string): WindowLimit[] {
  return limitsOr(parseLimits(text));
}

export function recipientLimits(text: string): WindowLimit[] {
  return limitsOr(parseRecipientLimits(text));
}

export function wholeNumber(bounds: { readonly min: number; readonly max: number }): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (value < bounds.min || value > bounds.max)
      throw new InvalidArgumentError(`It is a whole number from ${bounds.min} to ${bounds.max}.`);
    return value;
  };
}

export function oneOf<T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((each) => each === text);
    if (found === undefined) throw new InvalidArgumentError(`It is one of ${allowed.join(", ")}.`);
    return found;
  };
}

export function onOrOff(text: string): boolean {
  return oneOf("on", "off")(text) === "on";
}

/** `tag=text`, one more each time the option is given. */
export function templateFor(value: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, tag, text = ""] = /^([A-Za-z0-9-]+)=([\s\S]*)$/.exec(value) ?? [];
  if (tag === undefined) throw new InvalidArgumentError('It is a language tag and a text, such as "hi={code} …".');
  return { ...before, [tag]: text };
}

function limitsOr(parsed: WindowLimit[] | string): WindowLimit[] {
  if (typeof parsed === "string") throw new InvalidArgumentError(parsed);
  return parsed;
}
