/** The part of the store's port that keeps accounts, access keys and verification services. */
import type { WindowLimit } from "@antryk/contract";
import type { Access, AccessKey, Account, FirstAccount, KeyUse } from "../../model/account.ts";
import type { GatewayRecord } from "../../model/gateway.ts";
import type { AccountMoney } from "../../model/price.ts";
import type { Service, ServiceSettings } from "../../model/service.ts";
import type { Decided } from "./decided.ts";

export type GatewaysByName = ReadonlyMap<string, GatewayRecord>;

/** What changes of an account's money; null takes a value away, undefined leaves it. */
export type MoneyChanges = { readonly [Name in keyof AccountMoney]: AccountMoney[Name] | null };

/** What else stands in amounts of an account's currency. */
export interface InCurrency {
  readonly hasPrices: boolean;
  readonly services: readonly Service[];
}

export interface StoredAccountChanges {
  readonly name?: string | undefined;
  readonly limits?: readonly WindowLimit[] | undefined;
  readonly recipientLimits?: readonly WindowLimit[] | undefined;
  readonly money?: MoneyChanges | undefined;
  /** Archiving twice keeps the first time. */
  readonly isArchived?: boolean | undefined;
}

export interface AccountStore {
  /** Counts operators' changes by every process: while it is the same, so are accounts, services and gateways. */
  generation(): Promise<number>;
  /** Writes all three if the store has no account yet, in one transaction; `false`: it has one. */
  createFirstAccount(first: FirstAccount): Promise<boolean>;
  createAccount(account: Account): Promise<void>;
  /**
   * Only what is given changes. The account as it is then; `undefined`: there is no such account. `refuse` runs in the
   * same step; returns why not.
   */
  updateAccount<Refusal = never>(
    id: string,
    changes: StoredAccountChanges,
    refuse?: (before: Account, after: Account, also: InCurrency) => Refusal | undefined,
  ): Promise<Account | Refusal | undefined>;
  listAccounts(): Promise<Account[]>;
  /** `false`: there is no such account. `archived`: it must be restored first. */
  createAccessKey(
    accountId: string,
    accessKey: string,
    secretHash: Buffer,
    name?: string,
  ): Promise<boolean | "archived">;
  listAccessKeys(accountId: string | undefined): Promise<AccessKey[]>;
  /** Each is written if none of the same key was in the minute before it, and if it is newer. */
  noteKeyUses(uses: readonly KeyUse[]): Promise<void>;
  /** `false`: there is no such key. Revoking twice is fine. */
  revokeAccessKey(accessKey: string): Promise<boolean>;
  /** A key that is not revoked, of an account that is not archived. */
  findAccess(accessKey: string): Promise<Access | undefined>;
  /** `false`: there is no such account; `archived`: it must be restored first. `refuse` runs in the same step, with all gateways; returns why not. */
  createService<Refusal = never>(
    service: Service,
    refuse?: (gateways: GatewaysByName) => Refusal | undefined,
  ): Promise<boolean | "archived" | Refusal>;
  /**
   * Saves what `update` makes of the service as it is, given all gateways at that moment. `update` may run again if
   * another change came first. Id, account and time stay. `undefined`: there is no such service.
   */
  updateService<Outcome>(
    id: string,
    update: (before: Service, gateways: GatewaysByName) => Decided<ServiceSettings, Outcome>,
  ): Promise<Outcome | undefined>;
  /** The service as it is then; `undefined`: there is no such service. Archiving twice keeps the first time. */
  archiveService(id: string, isArchived: boolean): Promise<Service | undefined>;
  listServices(accountId: string | undefined): Promise<Service[]>;
  findService(id: string): Promise<Service | undefined>;
}
