/** Parsers of option values: each says what it takes. */
import type { WindowLimit } from "@antryk/contract";
import { InvalidArgumentError } from "commander";
import { parseLimits } from "../policy/limit-notation.ts";

export function accountLimits(text: string): WindowLimit[] {
  const parsed = parseLimits(text);
  if (typeof parsed === "string") throw new InvalidArgumentError(parsed);
  return parsed;
}

export function wholeNumber(bounds: { readonly min: number; readonly max: number }): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : -1;
    if (value < bounds.min || value > bounds.max)
      throw new InvalidArgumentError(`It must be a whole number from ${bounds.min} to ${bounds.max}.`);
    return value;
  };
}

/** A whole number, or `off`: none. Not null, which commander takes for a flag without its value. */
export function wholeNumberOrOff(bounds: {
  readonly min: number;
  readonly max: number;
}): (text: string) => number | "off" {
  return (text) => (text === "off" ? "off" : wholeNumber(bounds)(text));
}

export function oneOf<T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((each) => each === text);
    if (found === undefined) throw new InvalidArgumentError(`It must be one of ${allowed.join(", ")}.`);
    return found;
  };
}
