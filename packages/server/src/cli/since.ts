/** `--since`: how far to look back. */
import { InvalidArgumentError } from "commander";
import { parseSpan } from "../policy/limit-notation.ts";

/** In ms. */
export function sinceMs(text: string): number {
  const ms = parseSpan(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError("It must be a time such as 1h or 7d.");
}
