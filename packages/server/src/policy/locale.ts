/** A BCP 47 tag in canonical form; `undefined`: not one. */
export function canonicalLocale(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 64) return undefined;
  try {
    return Intl.getCanonicalLocales(value)[0];
  } catch {
    return undefined;
  }
}
