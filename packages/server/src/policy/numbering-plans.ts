/**
 * How old the numbering plans are that numbers are judged by. The package does not say when it was made, so its day
 * stands here, and a test asks for it when the package is renewed.
 */

export const numberingPlans = {
  /** Of npm `libphonenumber-js`. */
  version: "1.13.16",
  /** When that version was published (registry, read 2026-11). */
  publishedOn: "2026-11-10",
} as const;

const dayMs = 24 * 3_600_000;
/** Plans change every few weeks; new prefixes are refused, or not known to be special, until they are renewed. */
export const plansAreOldAfterDays = 180;

/** For how many days the plans have been out. `now`: Unix ms, by the machine's clock. */
export function ageOfPlansDays(now: number): number {
  return Math.floor((now - Date.parse(numberingPlans.publishedOn)) / dayMs);
}
