/**
 * What routes that learn gain and cost, simulated: three gateways that all take every message, of which different
 * shares are verified. After two days the best one still takes them and delivers few. The sampler, the fading counts
 * and their delays are the server's; time, traffic and users are simulated. Each row is the mean over its seeds.
 */
import { learning } from "@antryk/contract";
import { seeded } from "@antryk/testkit/inputs/random";
import { type Counts, faded } from "../../../packages/server/src/model/score.ts";
import { rankGateways } from "../../../packages/server/src/policy/learning.ts";
import { withIncrement } from "../../../packages/server/src/store/rules/scores.ts";
import { fixed, table } from "../report/table.ts";

/** Share of each gateway's messages that is verified; the best one's after its fall. */
const shares = { a: 0.82, b: 0.9, c: 0.7 };
const best = "b";
const afterFall = 0.3;
const second = "a";

const hourMs = 3_600_000;
const fallAt = 48 * hourMs;
const endAt = 72 * hourMs;

/** Recovered: so many of the last messages left by the gateway that is best now. */
const lookBack = 50;
const recoveredShare = 0.8;

export interface Setting {
  readonly everyMs: number;
  readonly remembered: number;
  readonly floor: number;
}

export interface Outcome {
  /**
   * Verified codes lost to the best fixed gateway, in a thousand messages: before the fall, and from it to the end
   * against the new best.
   */
  readonly regretBefore: number;
  readonly regretAfter: number;
  /** Share that left by the best gateway on the second day. */
  readonly bestShare: number;
  /** From the fall until traffic has moved, ms; NaN if it has not. */
  readonly recoveryMs: number;
}

type Score = Counts & { readonly at: number };

/** Counts that are on their way: a message counts when it is ripe. */
interface Pending {
  readonly dueAt: number;
  readonly name: string;
  readonly verified: number;
}

export function simulate({ everyMs, remembered, floor }: Setting, seed: number): Outcome {
  const random = seeded(seed);
  const names = Object.keys(shares);
  const stored = new Map<string, Score>();
  const pending: Pending[] = [];
  let counted = 0;
  let sharedAt = 0;
  const regret = { before: 0, after: 0, messagesBefore: 0, messagesAfter: 0 };
  const secondDay = { all: 0, best: 0 };
  const recent: boolean[] = [];
  let recoveredAt = Number.NaN;

  for (let now = everyMs; now < endAt; now += everyMs) {
    if (now - sharedAt >= learning.shareMs) {
      sharedAt = now;
      const due = new Map<string, Counts>();
      for (let next = pending[counted]; next && next.dueAt <= now; next = pending[counted]) {
        const { sent, verified } = due.get(next.name) ?? { sent: 0, verified: 0 };
        due.set(next.name, { sent: sent + 1, verified: verified + next.verified });
        counted += 1;
      }
      for (const [name, counts] of due) stored.set(name, withIncrement(stored.get(name), counts, now, remembered));
    }
    const countsOf = (name: string) => {
      const score = stored.get(name);
      return score && faded(score, now);
    };
    const name = rankGateways(names, countsOf, random, floor)[0]?.name ?? best;
    const fell = now >= fallAt;
    const shareOf = (each: string) => (fell && each === best ? afterFall : (shares[each as keyof typeof shares] ?? 0));
    pending.push({ dueAt: now + learning.ripeMs, name, verified: random() < shareOf(name) ? 1 : 0 });

    const target = fell ? second : best;
    if (fell) {
      regret.after += shareOf(target) - shareOf(name);
      regret.messagesAfter += 1;
      recent.push(name === target);
      if (recent.length > lookBack) recent.shift();
      const moved = recent.length === lookBack && recent.filter(Boolean).length >= recoveredShare * lookBack;
      if (moved && Number.isNaN(recoveredAt)) recoveredAt = now;
    } else {
      regret.before += shareOf(target) - shareOf(name);
      regret.messagesBefore += 1;
      if (now >= fallAt / 2) {
        secondDay.all += 1;
        if (name === best) secondDay.best += 1;
      }
    }
  }
  return {
    regretBefore: (1000 * regret.before) / regret.messagesBefore,
    regretAfter: (1000 * regret.after) / regret.messagesAfter,
    bestShare: secondDay.best / secondDay.all,
    recoveryMs: recoveredAt - fallAt,
  };
}

const { remembered, floor } = learning;

const rows: readonly (Setting & { readonly what: string; readonly seeds: number })[] = [
  { what: "1 message a minute", everyMs: 60_000, remembered, floor, seeds: 50 },
  { what: "6 a minute", everyMs: 10_000, remembered, floor, seeds: 30 },
  { what: "1 a second", everyMs: 1_000, remembered, floor, seeds: 10 },
  { what: "10 a second", everyMs: 100, remembered, floor, seeds: 3 },
  {
    what: "1 a second, no limit to what is remembered",
    everyMs: 1_000,
    remembered: Number.POSITIVE_INFINITY,
    floor,
    seeds: 10,
  },
  { what: "1 a second, no floor of exploration", everyMs: 1_000, remembered, floor: 0, seeds: 10 },
  { what: "1 a second, floor 1: by chance", everyMs: 1_000, remembered, floor: 1, seeds: 3 },
];

export function runLearning(onProgress: (text: string) => void): { data: object; text: string } {
  const figures = rows.map(({ what, seeds, ...setting }) => {
    onProgress(what);
    const outcomes = Array.from({ length: seeds }, (_, n) => simulate(setting, n + 1));
    const mean = (of: (outcome: Outcome) => number) => outcomes.reduce((sum, outcome) => sum + of(outcome), 0) / seeds;
    const recoveries = outcomes.map(({ recoveryMs }) => recoveryMs / 60_000).sort((a, b) => a - b);
    return {
      what,
      seeds,
      bestShare: mean((outcome) => outcome.bestShare),
      regretBefore: mean((outcome) => outcome.regretBefore),
      regretAfter: mean((outcome) => outcome.regretAfter),
      recoveryMinutes: { median: recoveries[seeds >> 1] ?? Number.NaN, worst: recoveries.at(-1) ?? Number.NaN },
    };
  });
  const cells = figures.map(({ what, seeds, bestShare, regretBefore, regretAfter, recoveryMinutes }) => [
    what,
    String(seeds),
    `${fixed(100 * bestShare)} %`,
    fixed(regretBefore, 1),
    fixed(regretAfter, 1),
    fixed(recoveryMinutes.median, 1),
    fixed(recoveryMinutes.worst, 1),
  ]);
  const head = [
    "traffic",
    "seeds",
    "by the best, day 2",
    "lost of 1000",
    "lost after the fall",
    "recovery, min",
    "worst",
  ];
  const fixedLoss = fixed(1000 * (shares[second] - afterFall));
  const afterwards = `after the fall against ${second}, and a route fixed to ${best} loses ${fixedLoss}`;
  const about = [
    `Verified shares: ${Object.entries(shares)
      .map(([name, share]) => `${name} ${share}`)
      .join(", ")}; after two days ${best} falls to ${afterFall}, and a third day follows.`,
    `lost: verified codes fewer than by the best fixed gateway, of 1000 messages; ${afterwards}.`,
    `recovery: from the fall until ${recoveredShare * lookBack} of the last ${lookBack} messages left by ${second}.`,
  ];
  return { data: { shares, afterFall, figures }, text: `${table(head, cells)}\n\n${about.join("\n")}` };
}
