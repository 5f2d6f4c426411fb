/** Language tags that callers and operators give. */
import { LRUCache } from "lru-cache";

/** Tags seen before: reading one costs about a microsecond, and the same few come again and again. */
const known = new LRUCache<string, string>({ max: 500 });

/** A BCP 47 tag in canonical form; `undefined`: not one. */
export function canonicalLocale(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 64) return undefined;
  const found = known.get(value);
  if (found !== undefined) return found;
  try {
    const [canonical] = Intl.getCanonicalLocales(value);
    if (canonical !== undefined) known.set(value, canonical);
    return canonical;
  } catch {
    return undefined;
  }
}
