/** Outcomes that many verbs share: values, which each surface maps to its own words. */

/** It can't be done; `message` says why, for people. */
export interface Problem {
  readonly kind: "problem";
  readonly message: string;
}

/** There is no such thing. */
export interface Unknown {
  readonly kind: "unknown";
}

/** It must be restored first. */
export interface ArchivedAccount {
  readonly kind: "archived_account";
}

export function problem(message: string): Problem {
  return { kind: "problem", message };
}
