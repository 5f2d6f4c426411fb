/**
 * What was set last, by name, at most `most` entries. Kept in two generations: when the younger one is full it becomes
 * the older, and what was in the older and not set again is forgotten. Nothing is ever removed one by one.
 */
export class Memory<Value> {
  readonly #half: number;
  #young = new Map<string, Value | undefined>();
  #old = new Map<string, Value | undefined>();

  constructor(most: number) {
    this.#half = Math.ceil(most / 2);
  }

  get(name: string): Value | undefined {
    const young = this.#young.get(name);
    return young !== undefined || this.#young.has(name) ? young : this.#old.get(name);
  }

  /** The same, and it counts as set again: what is used is not forgotten. */
  use(name: string): Value | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#young.has(name) ? undefined : this.#old.get(name);
    if (old !== undefined) this.set(name, old);
    return old;
  }

  set(name: string, value: Value | undefined): void {
    if (this.#young.size >= this.#half && !this.#young.has(name)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, value);
  }

  /** Says that nothing is known of it any more. */
  forget(name: string): void {
    if (this.get(name) !== undefined) this.set(name, undefined);
  }
}
