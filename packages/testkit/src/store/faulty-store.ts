/** A store whose verbs break when a test says so. */
import type { ManualClock } from "../../../server/src/store/clock.ts";
import type { Store } from "../../../server/src/store/port.ts";
import { openSqliteStore } from "../../../server/src/store/sqlite/open.ts";

export interface FaultyStore {
  readonly store: Store;
  /** From now on this verb rejects with the fault; `undefined` heals it. */
  break(verb: keyof Store, fault: Error | undefined): void;
}

export function faultyStore(clock: ManualClock): FaultyStore {
  const faults = new Map<PropertyKey, Error>();
  const real = openSqliteStore({ path: ":memory:", clock });
  const store = new Proxy<Store>(real, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]) =>
        faults.has(name) ? Promise.reject(faults.get(name)) : Reflect.apply(value, target, args);
    },
  });
  return {
    store,
    break(verb, fault) {
      if (fault) faults.set(verb, fault);
      else faults.delete(verb);
    },
  };
}
