/** `--to`: apart from the other options, because the numbering plan is slow to load. */
import { isPossibleRecipient } from "../policy/recipient.ts";
import { CommandError } from "./installation.ts";

export function recipientOf(to: string, what = "--to"): string {
  if (!isPossibleRecipient(to)) throw new CommandError(`${what} must be a number in E.164, such as +919876543210`);
  return to;
}
