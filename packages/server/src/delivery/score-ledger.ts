/** What a server has counted and not stored yet, by the time from which it counts. */
import type { Counts, ScoreIncrement } from "../model/score.ts";

type Place = Omit<ScoreIncrement, keyof Counts>;

export class ScoreLedger {
  readonly #spanMs: number;
  /** Span → place → increment. A span is as long as the time between two reports. */
  readonly #spans = new Map<number, Map<string, ScoreIncrement>>();

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  add(place: Place, counts: Counts, dueAt: number): void {
    const span = Math.floor(dueAt / this.#spanMs);
    const places = this.#spans.get(span) ?? new Map<string, ScoreIncrement>();
    this.#spans.set(span, places);
    addTo(places, place, counts);
  }

  /** Takes out what is due, each place once. */
  take(now: number): ScoreIncrement[] {
    const due = new Map<string, ScoreIncrement>();
    for (const [span, places] of this.#spans) {
      if ((span + 1) * this.#spanMs > now) continue;
      this.#spans.delete(span);
      for (const increment of places.values()) addTo(due, increment, increment);
    }
    return [...due.values()];
  }
}

function addTo(
  places: Map<string, ScoreIncrement>,
  { serviceId, callingCode, gateway }: Place,
  { sent, verified }: Counts,
): void {
  const key = `${serviceId} ${callingCode} ${gateway}`;
  const before = places.get(key) ?? { sent: 0, verified: 0 };
  places.set(key, { serviceId, callingCode, gateway, sent: before.sent + sent, verified: before.verified + verified });
}
