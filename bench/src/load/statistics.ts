/** Quartiles, medians and ratios: what a noisy machine leaves to say. */

export interface Spread {
  /** The lower quartile: of processor time, what a busy machine adds to least. */
  readonly low: number;
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle value, or the mean of the two middle ones. NaN if there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** The value a quarter of the way up, by rank; between two values in proportion. NaN if there is none. */
export function lowerQuartile(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) / 4;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  return below + (at % 1) * ((sorted[Math.floor(at) + 1] ?? below) - below);
}

export function spread(values: readonly number[]): Spread {
  return { low: lowerQuartile(values), median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The smallest value that at least `share` (0 to 1) of all values do not pass: nearest rank. NaN if there is none. */
export function percentile(values: Float64Array, share: number): number {
  const sorted = values.toSorted();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Something measured between two measurements of what it is compared with. */
export interface Between {
  readonly before: number;
  readonly value: number;
  readonly after: number;
}

/** Each value against the mean of its two neighbours in time, so that a steady drift of the machine cancels. */
export function pairedRatios(measured: readonly Between[]): number[] {
  return measured.map(({ before, value, after }) => value / ((before + after) / 2));
}
