/** Which prefixes are proven: codes that went there come back. What limits and the guard go by. */

export interface Standing {
  /** A code of the service for a number of this prefix was verified within seven days. `now`: Unix ms. */
  isProven(serviceId: string, prefix: string, now: number): boolean;
  /** The service has proven prefixes. */
  hasProven(serviceId: string, now: number): boolean;
}

/** Nothing is known yet. */
export const noStanding: Standing = { isProven: () => false, hasProven: () => false };
