/** Accounts and the access keys that callers prove themselves with. */
import type { WindowLimit } from "@antryk/contract";
import type { AccountMoney, Budget, CountryBudgets } from "./price.ts";
import type { Service } from "./service.ts";

export interface Account extends AccountMoney {
  /** UUID v4. */
  readonly id: string;
  readonly name: string;
  readonly limits: readonly WindowLimit[];
  /** Sends of one recipient over all its services; left out: the default. */
  readonly recipientLimits?: readonly WindowLimit[];
  readonly createdAt: number;
  /** When it was archived, Unix ms: until it is restored its keys are refused. Left out: it is not. */
  readonly archivedAt?: number;
}

export interface AccessKey {
  readonly accessKey: string;
  readonly accountId: string;
  /** What the operator calls it; null: nothing. */
  readonly name: string | null;
  readonly createdAt: number;
  readonly revokedAt: number | null;
  /** About when it was last used, Unix ms; null: never. */
  readonly lastUsedAt: number | null;
}

/** That a key was used, by a caller that had its secret. */
export interface KeyUse {
  readonly accessKey: string;
  /** Unix ms. */
  readonly usedAt: number;
}

/** What authentication needs, in one read. */
export interface Access {
  readonly accountId: string;
  /** SHA-256 of the secret key. */
  readonly secretHash: Buffer;
  readonly accountLimits: readonly WindowLimit[];
  /** Sends of one recipient over all services; empty also while there is only one service. */
  readonly recipientLimits: readonly WindowLimit[];
  /** Undefined: the account has no currency, and nothing is known of money. */
  readonly spending?: AccountSpending | undefined;
}

/** What an account with a currency has set about money. Micros are millionths of it. */
export interface AccountSpending {
  readonly currency: string;
  readonly defaultPriceMicros: number | undefined;
  readonly budgets: readonly Budget[];
  readonly countryBudgets: CountryBudgets;
}

/** A first account with all it needs to send. */
export interface FirstAccount {
  readonly account: Account;
  readonly key: { readonly accessKey: string; readonly secretHash: Buffer };
  /** Undefined: none is made. */
  readonly service: Service | undefined;
}
