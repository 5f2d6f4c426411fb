/**
 * How much counts say that traffic is pumped: the logarithm of how many times likelier they are if pumpers sent it than
 * if ordinary users did (a Bayes factor of two beta-binomial distributions). Pure.
 */

/** Messages and how many of them were verified; fractions, because old ones count less. */
interface Counts {
  readonly sent: number;
  readonly verified: number;
}

/** How codes of pumped numbers are verified: most pumpers never do, some do for a third, so as not to be seen. */
const pumped = { alpha: 1.2, beta: 5.5 };
/** So many messages' weight has the ordinary rate: places differ from one another. */
const ordinaryWeight = 40;

/** So many messages' weight has what was known before. */
const weightBefore = 60;

/** `ordinary`: the share of codes that ordinary users verify there, 0 to 1. */
export function pumpingEvidence({ sent, verified }: Counts, ordinary: number): number {
  const right = Math.min(verified, Math.max(sent, verified));
  const wrong = Math.max(0, sent - verified);
  const alpha = ordinaryWeight * ordinary;
  const beta = ordinaryWeight - alpha;
  return (
    logBeta(pumped.alpha + right, pumped.beta + wrong) -
    logBeta(pumped.alpha, pumped.beta) -
    logBeta(alpha + right, beta + wrong) +
    logBeta(alpha, beta)
  );
}

/** The share that is verified, with what is known beforehand; never so small or large that nothing could speak against it. */
export function ordinaryRate({ sent, verified }: Counts, before: number): number {
  const rate = (verified + before * weightBefore) / (Math.max(sent, verified) + weightBefore);
  return Math.min(0.95, Math.max(0.2, rate));
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** Stirling's series after shifting the argument above 7: an error below 1e-9. */
function logGamma(x: number): number {
  let shift = 0;
  let at = x;
  while (at < 7) {
    shift -= Math.log(at);
    at += 1;
  }
  const square = at * at;
  const series = (1 / 12 - (1 / 360 - 1 / (1260 * square)) / square) / at;
  return shift + (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series;
}
