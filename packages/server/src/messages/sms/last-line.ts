/**
 * The last line by which a browser or an Android app finds the code. A service has at most one of the two: each must be
 * last.
 */
import { isIP } from "node:net";
import type { LastLine } from "../../model/service.ts";

/**
 * A browser fills the code in on this site alone (wicg.github.io/sms-one-time-codes); Android hands the text to the app
 * with this hash.
 */
export function lastLineTemplate(lastLine: LastLine | null): string {
  if (lastLine === null) return "";
  return lastLine.kind === "webotp" ? `\n@${lastLine.domain} #{code}` : `\n${lastLine.hash}`;
}

/** Octets that Android's SMS Retriever reads of a message. */
export const androidRoom = 140;

/** Why it can't be saved. */
export function lastLineProblem(lastLine: LastLine): string | undefined {
  if (lastLine.kind === "webotp")
    return isDomain(lastLine.domain)
      ? undefined
      : "the WebOTP domain is a host name in lower case, such as example.com, without https:// or a port; " +
          `not ${lastLine.domain}`;
  return /^[A-Za-z0-9+/]{11}$/.test(lastLine.hash)
    ? undefined
    : `the Android hash is the app's 11 characters, such as FA+9qCX9VSu; not ${lastLine.hash}`;
}

/** As a browser writes the host of an origin: an international name in its xn-- form. */
function isDomain(name: string): boolean {
  return (
    name.length <= 253 &&
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/.test(name) &&
    isIP(name) === 0
  );
}
