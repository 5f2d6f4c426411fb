/** The part of the store's port that keeps accounts, access keys and verification services. */
import type { WindowLimit } from "@antryk/contract";
import type { Access, AccessKey, Account, FirstAccount } from "../../model/account.ts";
import type { GatewayRecord } from "../../model/gateway.ts";
import type { Service, ServiceSettings } from "../../model/service.ts";
import type { Decided } from "./decided.ts";

export type GatewaysByName = ReadonlyMap<string, GatewayRecord>;

export interface AccountStore {
  /** Counts operators' changes by every process: while it is the same, so are accounts, services and gateways. */
  generation(): Promise<number>;
  /** Writes all three if the store has no account yet, in one transaction; `false`: it has one. */
  createFirstAccount(first: FirstAccount): Promise<boolean>;
  createAccount(account: Account): Promise<void>;
  /** Only what is given changes. The account as it is then; `undefined`: there is no such account. */
  updateAccount(
    id: string,
    changes: { readonly name?: string | undefined; readonly limits?: readonly WindowLimit[] | undefined },
  ): Promise<Account | undefined>;
  listAccounts(): Promise<Account[]>;
  /** `false`: there is no such account. */
  createAccessKey(accountId: string, accessKey: string, secretHash: Buffer, name?: string): Promise<boolean>;
  listAccessKeys(accountId: string | undefined): Promise<AccessKey[]>;
  /** `false`: there is no such key. Revoking twice is fine. */
  revokeAccessKey(accessKey: string): Promise<boolean>;
  /** A key that is not revoked. */
  findAccess(accessKey: string): Promise<Access | undefined>;
  /** `false`: there is no such account. `refuse` runs in the same step, with all gateways; returns why not. */
  createService<Refusal = never>(
    service: Service,
    refuse?: (gateways: GatewaysByName) => Refusal | undefined,
  ): Promise<boolean | Refusal>;
  /**
   * Saves what `update` makes of the service as it is, given all gateways at that moment. `update` may run again if
   * another change came first. Id, account and time stay. `undefined`: there is no such service.
   */
  updateService<Outcome>(
    id: string,
    update: (before: Service, gateways: GatewaysByName) => Decided<ServiceSettings, Outcome>,
  ): Promise<Outcome | undefined>;
  listServices(accountId: string | undefined): Promise<Service[]>;
  findService(id: string): Promise<Service | undefined>;
}
