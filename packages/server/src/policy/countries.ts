/** The countries that a service sends to, as operators write them. No I/O. */
import { getCountries } from "libphonenumber-js";

const regions: ReadonlySet<string> = new Set(getCountries());

/** Whether there are numbers of it. */
export function isCountry(region: string): boolean {
  return regions.has(region);
}

/** What is wrong with a list of countries; `undefined`: nothing. Null means all countries. */
export function countriesProblem(countries: readonly string[] | null): string | undefined {
  if (countries === null) return undefined;
  if (countries.length === 0) return "countries: name at least one, or all";
  const unknown = countries.find((country) => !regions.has(country));
  return unknown === undefined ? undefined : `countries: no number is of "${unknown}" (ISO 3166-1 alpha-2, such as GB)`;
}
