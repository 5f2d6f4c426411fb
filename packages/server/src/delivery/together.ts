/**
 * Does work for many callers in few steps: what comes while a step is being done goes together into the next one. Idle,
 * nothing waits.
 */
export class Together<Item> {
  readonly #step: (items: readonly Item[]) => Promise<void>;
  #waiting: Item[] = [];
  #next: Promise<void> | undefined;
  #underWay: Promise<void> = Promise.resolve();

  constructor(step: (items: readonly Item[]) => Promise<void>) {
    this.#step = step;
  }

  /** Resolves when the step that has this item is done; rejects if that fails, as for all of its items. */
  add(item: Item): Promise<void> {
    this.#waiting.push(item);
    this.#next ??= this.#underWay.then(() => this.#run());
    return this.#next;
  }

  #run(): Promise<void> {
    this.#next = undefined;
    const done = this.#step(this.#waiting.splice(0));
    this.#underWay = done.catch(() => undefined);
    return done;
  }
}
