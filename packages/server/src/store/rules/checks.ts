/**
 * When codes were compared, as a verification's row keeps it: a time for each wrong one, so at most as many as may be
 * tried. A right one needs none, since it ends the verification. Never the codes. Pure.
 */
import type { CodeCheck } from "../../model/verification.ts";
import { malformed } from "./cells.ts";
import type { Verification } from "./row.ts";

/** Milliseconds since the verification was made, oldest first, between spaces. */
export type WrongCodes = string;

type Checked = Pick<Verification, "state" | "createdAt" | "endedAt" | "maxAttempts" | "wrongCodes">;

export function withWrongCode({ wrongCodes, createdAt }: Checked, now: number): WrongCodes {
  const cell = String(Math.max(0, now - createdAt));
  return wrongCodes === "" ? cell : `${wrongCodes} ${cell}`;
}

/** Oldest first. */
export function checksOf({ state, createdAt, endedAt, maxAttempts, wrongCodes }: Checked): CodeCheck[] {
  const cells = wrongCodes === "" ? [] : wrongCodes.split(" ");
  const checks = cells.map(
    (cell, index): CodeCheck => ({
      at: createdAt + Number(cell),
      outcome: index + 1 >= maxAttempts ? "locked" : "wrong",
    }),
  );
  return state === "verified" && endedAt !== null ? [...checks, { at: endedAt, outcome: "right" }] : checks;
}

/** A row's last part: the request of the send, then its wrong codes; empty if there is neither. */
export function encodeTrace({ requestId, wrongCodes }: Pick<Verification, "requestId" | "wrongCodes">): string {
  return wrongCodes === "" ? requestId : `${requestId} ${wrongCodes}`;
}

/** Throws UnreadableRow. */
export function decodeTrace(part: string): Pick<Verification, "requestId" | "wrongCodes"> {
  if (part === "") return { requestId: "", wrongCodes: "" };
  if (!/^[A-Za-z0-9._-]{0,128}(?: \d{1,13}){0,64}$/.test(part)) malformed("the request and the wrong codes");
  const space = part.indexOf(" ");
  return space < 0
    ? { requestId: part, wrongCodes: "" }
    : { requestId: part.slice(0, space), wrongCodes: part.slice(space + 1) };
}
