/** What an operator's change decides, inside one step of the store. */
export interface Decided<Saved, Outcome> {
  /** For who asked. */
  readonly outcome: Outcome;
  /** What is kept from now on; if it is left out, nothing changes. */
  readonly save?: Saved;
}
