/** The part of the store's port that keeps accounts, access keys and verification services. */
import type { WindowLimit } from "@antryk/contract";
import type { Access, AccessKey, Account, FirstAccount } from "../../model/account.ts";
import type { Service, ServiceSettings } from "../../model/service.ts";

export interface AccountStore {
  /** Writes all three where the store has no account yet, in one transaction; `false` where it has. */
  createFirstAccount(first: FirstAccount): Promise<boolean>;
  createAccount(account: Account): Promise<void>;
  /** `false` where there is no such account. */
  updateAccount(id: string, limits: readonly WindowLimit[]): Promise<boolean>;
  listAccounts(): Promise<Account[]>;
  /** `false` where there is no such account. */
  createAccessKey(accountId: string, accessKey: string, secretHash: Buffer): Promise<boolean>;
  listAccessKeys(accountId: string | undefined): Promise<AccessKey[]>;
  /** `false` where there is no such key; revoking twice is fine. */
  revokeAccessKey(accessKey: string): Promise<boolean>;
  /** A key that is not revoked. */
  findAccess(accessKey: string): Promise<Access | undefined>;
  /** `false` where there is no such account. */
  createService(service: Service): Promise<boolean>;
  /** Sets what `update` makes of the service as it is; it may run again if another change came first. `undefined`: there is none. */
  updateService(id: string, update: (before: Service) => ServiceSettings): Promise<Service | undefined>;
  listServices(accountId: string | undefined): Promise<Service[]>;
  findService(id: string): Promise<Service | undefined>;
}
