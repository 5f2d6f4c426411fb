/** Lists of countries as operators write them: `IN,US`, or `all`. Loads nothing: the command line reads them with it too. */

/** Null: all countries. A string says what is wrong; whether there are such countries is not checked. */
export function parseCountries(text: string): readonly string[] | null | string {
  if (text.trim().toLowerCase() === "all") return null;
  const countries = text.split(",").map((country) => country.trim().toUpperCase());
  const bad = countries.find((country) => !/^[A-Z]{2}$/.test(country));
  if (bad !== undefined) return `"${bad}" is not a country: write ISO 3166-1 codes such as IN,US, or all`;
  return [...new Set(countries)];
}

export function formatCountries(countries: readonly string[] | null): string {
  return countries?.join(",") ?? "all";
}
