/** What an operator's change decides, inside one step of the store. */
export interface Decided<Saved, Outcome> {
  /** What the caller gets. */
  readonly outcome: Outcome;
  /** What is kept from now on. `undefined`: nothing changes. */
  readonly save?: Saved;
}
