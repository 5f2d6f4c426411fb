/** `--to`: apart from the other options, because the numbering plan is slow to load. */
import { isPossibleRecipient } from "../policy/recipient.ts";
import { CommandError } from "./installation.ts";

/** `what`: the flag or argument that gave it. */
export function recipientOf(to: string, what = "--to takes a number"): string {
  if (!isPossibleRecipient(to)) throw new CommandError(`${what} in E.164, such as +919876543210`);
  return to;
}
