/** What went wrong while a store was opened, in one line that says what to do. */
import { StoreUnusable } from "../../model/errors.ts";
import { sqlState } from "./faults.ts";

const roles = 'docs/scaling.md, "Roles", has the statements';

/** By SQLSTATE, its first five or two characters (www.postgresql.org, errcodes-appendix, 2026-11). */
const cures: Readonly<Record<string, string>> = {
  "28P01": "set the password in ANTRYK_DATABASE_URL, or ALTER ROLE … PASSWORD …",
  "28000": "let the role connect: CREATE ROLE … LOGIN, and a line for it in pg_hba.conf",
  "3D000": "CREATE DATABASE … OWNER …",
  "42501": `the role lacks a right; ${roles}`,
  "53300": "raise max_connections, or lower ANTRYK_DATABASE_CONNECTIONS",
  "53100": "free disk space",
  "25006": "name the primary in ANTRYK_DATABASE_URL: a standby can't be written",
  "42": `the schema antryk is not as this program made it; restore it, or begin with an empty database; ${roles}`,
  "3F": `the schema antryk is missing or not to be seen; ${roles}`,
};

/** A fault of the database's as StoreUnusable; any other as it is. */
export function explained(fault: unknown): unknown {
  const state = sqlState(fault);
  if (state === undefined) return fault;
  const cure = cures[state] ?? cures[state.slice(0, 2)];
  // A database's message may go over several lines, and name what stands in rows only in its detail.
  const [said = ""] = (fault as Error).message.split("\n");
  return new StoreUnusable(`the database says "${said}" (${state})${cure === undefined ? "" : `: ${cure}`}`, {
    cause: fault,
  });
}
