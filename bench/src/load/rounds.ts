/** Rounds of slices: yardstick, row, yardstick, row, … over servers that were started on empty stores. */
import type { Child } from "../processes/child.ts";
import type { LoadRequest } from "./load.ts";
import type { Meter, Slice } from "./measure.ts";
import { orderOf, type Row } from "./plan.ts";
import type { Servers } from "./servers.ts";

/** A row's slice between two slices of the yardstick. */
export interface Measured {
  readonly before: Slice;
  readonly slice: Slice;
  readonly after: Slice;
}

export interface RoundsInput {
  readonly meter: Meter;
  readonly yardstick: { readonly child: Child; readonly origin: string };
  readonly rows: readonly Row[];
  readonly start: () => Promise<Servers>;
  readonly rounds: number;
  /** After so many, the servers are started anew. */
  readonly roundsPerStart: number;
  /**
   * Requests of each row, for each worker, that let the compiler finish before anything is measured; the yardstick gets
   * as many.
   */
  readonly warmUp: number;
  /** About how long one slice takes. */
  readonly seconds: number;
  readonly onProgress: (text: string) => void;
}

/** Slices of each row in a round: the rows of a path take turns. */
const turns = 2;
/** A slice's bounds, whatever the rate is. */
const fewest = 1_024;
const most = 100_000;

/** The slices of each row by its id, oldest first: those with the same index were measured one soon after the other. */
export async function runRounds(input: RoundsInput): Promise<ReadonlyMap<string, readonly Measured[]>> {
  const run = new Rounds(input);
  for (let round = 0; round < input.rounds; ) {
    await using servers = await input.start();
    await run.warmUp(servers);
    const end = Math.min(input.rounds, round + input.roundsPerStart);
    for (; round < end; round += 1) await run.measure(servers, round);
  }
  return run.measured;
}

class Rounds {
  readonly measured: ReadonlyMap<string, Measured[]>;
  readonly #input: RoundsInput;
  readonly #rates = new Map<string, number>();

  constructor(input: RoundsInput) {
    this.#input = input;
    this.measured = new Map(input.rows.map(({ id }) => [id, []]));
  }

  async warmUp(servers: Servers): Promise<void> {
    const { meter, rows, warmUp, onProgress } = this.#input;
    if (!this.#rates.has("yardstick")) await this.#yardstick(servers, warmUp);
    for (const row of rows) {
      onProgress(`warming up: ${row.id}`);
      for (let worker = 0; worker < row.at.workers; worker += 1) {
        const requests = await this.#prepare(row, servers, warmUp);
        const { requestsPerSecond } = await meter.send(row.path, servers.get(row.at), requests);
        this.#rates.set(row.id, requestsPerSecond);
      }
    }
  }

  async measure(servers: Servers, round: number): Promise<void> {
    const { rows, rounds, onProgress } = this.#input;
    onProgress(`round ${round + 1} of ${rounds}`);
    for (const group of orderOf(rows, round)) await this.#measureGroup(group, servers);
  }

  /** Everything is got ready first, so that nothing but the yardstick stands between two rows. */
  async #measureGroup(group: readonly Row[], servers: Servers): Promise<void> {
    const slices = Array.from({ length: turns }, () => group).flat();
    const prepared: { readonly row: Row; readonly requests: readonly LoadRequest[] }[] = [];
    for (const row of slices) prepared.push({ row, requests: await this.#prepare(row, servers, this.#count(row.id)) });
    let before = await this.#yardstick(servers);
    for (const { row, requests } of prepared) {
      const slice = await this.#input.meter.send(row.path, servers.get(row.at), requests);
      const after = await this.#yardstick(servers);
      this.#rates.set(row.id, slice.requestsPerSecond);
      this.measured.get(row.id)?.push({ before, slice, after });
      before = after;
    }
  }

  #prepare({ path, at, sender }: Row, servers: Servers, count: number): Promise<LoadRequest[]> {
    return this.#input.meter.prepare(path, servers.get(at), count, servers.get(sender));
  }

  async #yardstick(servers: Servers, requests = this.#count("yardstick")): Promise<Slice> {
    const { meter, yardstick, rows } = this.#input;
    const [row] = rows;
    if (!row) throw new Error("there is no row to measure");
    const slice = await meter.yardstick(yardstick.child, yardstick.origin, servers.get(row.at), requests);
    this.#rates.set("yardstick", slice.requestsPerSecond);
    return slice;
  }

  #count(name: string): number {
    return Math.min(most, Math.max(fewest, Math.round((this.#rates.get(name) ?? 0) * this.#input.seconds)));
  }
}
