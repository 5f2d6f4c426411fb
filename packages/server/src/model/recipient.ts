/** Whose verification it is. */

/** Which recipient of which service of which account. Every hot row's key begins with the account. */
export interface RecipientKey {
  readonly accountId: string;
  readonly serviceId: string;
  /** E.164; in history its masked form where it has been reduced. */
  readonly recipient: string;
}
