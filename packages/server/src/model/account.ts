/** Accounts and the access keys that callers prove themselves with. */
import type { WindowLimit } from "@antryk/contract";
import type { Service } from "./service.ts";

export interface Account {
  /** UUID v4. */
  readonly id: string;
  readonly name: string;
  readonly limits: readonly WindowLimit[];
  readonly createdAt: number;
}

export interface AccessKey {
  readonly accessKey: string;
  readonly accountId: string;
  /** What the operator calls it; null: nothing. */
  readonly name: string | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
}

/** What authentication needs, in one read. */
export interface Access {
  readonly accountId: string;
  /** SHA-256 of the secret key. */
  readonly secretHash: Buffer;
  readonly accountLimits: readonly WindowLimit[];
}

/** A first account with all it needs to send. */
export interface FirstAccount {
  readonly account: Account;
  readonly key: { readonly accessKey: string; readonly secretHash: Buffer };
  /** Undefined: none is made. */
  readonly service: Service | undefined;
}
