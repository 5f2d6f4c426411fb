/** A bounded map whose entries live for a moment: read on every request, so without a timer or a list. */
export class FreshCache<T> {
  readonly #freshMs: number;
  readonly #capacity: number;
  readonly #entries = new Map<string, { readonly value: T; readonly until: number }>();

  constructor(freshMs: number, capacity: number) {
    this.#freshMs = freshMs;
    this.#capacity = capacity;
  }

  get(key: string): T | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    if (performance.now() < entry.until) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  /** `readAt`: when the value was asked for, by `performance.now()`; a slow read is no fresher for it. */
  set(key: string, value: T, readAt: number): void {
    const [oldest] = this.#entries.size >= this.#capacity ? this.#entries.keys() : [];
    if (oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.delete(key);
    this.#entries.set(key, { value, until: readAt + this.#freshMs });
  }
}
