/**
 * The load: actors, each with one recipient after the other, in bursts of requests that race for it. A recipient is
 * used up when its tries are, or after some seconds; so limits are reached, and do not empty the run.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { defaults, sendBudget } from "@antryk/contract";
import { Client, type Credentials, type Target } from "./client.ts";
import { isUnanswered, type Message, type Operation, type Rules, type Subject } from "./history.ts";
import type { Moments } from "./moments.ts";
import type { Random } from "./random.ts";

/** A service of the run. */
export interface LoadService {
  readonly serviceId: string;
  readonly ttlMs: number;
  readonly maxAttempts: number;
}

export interface LoadOptions {
  readonly credentials: Credentials;
  /** The first has codes with a short life; the second, if there is one, codes that can be sent again. */
  readonly services: readonly LoadService[];
  readonly targets: readonly Target[];
  readonly actors: number;
  readonly moments: Moments;
  readonly random: Random;
  /** How long a request without an answer may still take effect, ms. */
  readonly lateMs: number;
  /** Ms; of an actor with one recipient. */
  readonly lifeMs: readonly [number, number];
}

const weights = { right: 24, wrong: 26, stale: 7, send: 24, resend: 8, cancel: 4, repeat: 7 } as const;
const triesAtMost = 12;
/** Beside what two clocks and rounding differ by. */
const slackMs = 60;

export class Load {
  readonly subjects = new Map<string, Subject>();
  readonly #options: LoadOptions;
  readonly #client: Client;
  #next = 10_000_000;
  #keys = 0;
  /** Requests that were answered, by anything but 503. */
  answered = 0;
  #stopAt = Number.POSITIVE_INFINITY;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#client = new Client(options.credentials, options.moments);
  }

  /** A message came to the gateway. */
  deliver(name: string, message: Message): void {
    this.subjects.get(name)?.messages.push(message);
  }

  /** Runs for so long; then each recipient's last state is asked for. */
  async run(ms: number): Promise<void> {
    this.#stopAt = performance.now() + ms;
    await Promise.all(
      Array.from({ length: this.#options.actors }, (_, n) => this.#actor(n, this.#options.random.fork())),
    );
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #actor(n: number, random: Random): Promise<void> {
    await sleep(random.between(0, 300));
    while (performance.now() < this.#stopAt) {
      const { services } = this.#options;
      const slow = services[1];
      if (slow && n % 5 === 0 && this.#stopAt - performance.now() > 33_000)
        await new Actor(this.#make(slow), random, this).resending();
      else if (services[0])
        await new Actor(this.#make(services[0]), random, this).racing(random.between(...this.#options.lifeMs));
    }
  }

  /** How long it is until a moment of the run, ms; less than 0: it has passed. */
  until(moment: number): number {
    return moment - this.#options.moments.now();
  }

  get stopAt(): number {
    return this.#stopAt;
  }

  newKey(): string {
    this.#keys += 1;
    return `key-${this.#keys}`;
  }

  #make({ serviceId, ttlMs, maxAttempts }: LoadService): Place {
    this.#next += 1;
    const to = `+9198${this.#next}`;
    const name = `${to} ${serviceId}`;
    const rules: Rules = {
      ttlMs,
      maxAttempts,
      leaseMs: sendBudget.budgetMs + sendBudget.leaseExtraMs,
      cooldownsMs: defaults.resendCooldownSeconds.map((seconds) => seconds * 1000),
      tries: defaults.recipientTries.count,
      wrongCodes: defaults.wrongCodes.count,
      slackMs,
      lateMs: this.#options.lateMs,
    };
    const subject: Subject = { name: to, rules, operations: [], messages: [] };
    this.subjects.set(name, subject);
    return { subject, to, serviceId };
  }

  async ask({ subject, to, serviceId }: Place, random: Random, asked: Act): Promise<Operation | undefined> {
    const up = this.#options.targets.filter(({ baseUrl }) => baseUrl !== undefined);
    const target = up[random.below(up.length)];
    const operation = target && (await this.#client.ask(subject, target, { ...asked, to, serviceId }));
    if (!operation) await sleep(40);
    else if (!isUnanswered(operation)) this.answered += 1;
    return operation;
  }
}

interface Place {
  readonly subject: Subject;
  readonly to: string;
  readonly serviceId: string;
}

type Act = Pick<Operation, "verb" | "otp" | "key">;

/** Works on one recipient. */
class Actor {
  readonly #place: Place;
  readonly #random: Random;
  readonly #load: Load;
  readonly #keyed: Act[] = [];
  #unanswered = 0;

  constructor(place: Place, random: Random, load: Load) {
    this.#place = place;
    this.#random = random;
    this.#load = load;
  }

  async racing(lifeMs: number): Promise<void> {
    const end = Math.min(performance.now() + lifeMs, this.#load.stopAt);
    await this.#ask({ verb: "send" });
    while (performance.now() < end && this.#sends < triesAtMost) {
      if (this.#random.chance(0.04)) await this.#aroundExpiry();
      else await this.#burst(1 + this.#random.below(4));
      await sleep(this.#random.between(0, 60));
    }
    if (this.#unanswered > 0 && this.#random.chance(0.3)) await this.#afterLease();
    await this.#closing();
  }

  /** A code that is sent again: the cooldown is half a minute. */
  async resending(): Promise<void> {
    await this.#ask({ verb: "send" });
    for (let n = 0; n < 3; n += 1) {
      await sleep(this.#random.between(500, 2_500));
      await this.#ask(this.#random.chance(0.5) ? { verb: "send" } : { verb: "verify", otp: this.#wrongCode() });
    }
    const [first] = this.#place.subject.operations;
    if (first)
      await sleep(
        Math.max(
          0,
          this.#load.until(
            first.start + (defaults.resendCooldownSeconds[0] ?? 0) * 1000 + this.#random.between(-200, 600),
          ),
        ),
      );
    for (let n = 0; n < 3; n += 1) {
      await this.#burst(2, { ...weights, resend: 60 });
      await sleep(this.#random.between(0, 200));
    }
    await this.#closing();
  }

  get #sends(): number {
    return this.#place.subject.operations.filter(({ verb, reply }) => verb === "send" && reply?.type !== "otp_pending")
      .length;
  }

  async #burst(count: number, choice: Readonly<Record<keyof typeof weights, number>> = weights): Promise<void> {
    // Now and then all of them want the same: the hardest race.
    const same = count > 1 && this.#random.chance(0.35) ? this.#act(choice) : undefined;
    await Promise.all(
      Array.from({ length: count }, async () => {
        if (!same || this.#random.chance(0.3)) await sleep(this.#random.chance(0.5) ? 0 : this.#random.between(0, 35));
        await this.#ask(same?.key === undefined && same ? this.#again(same) : (same ?? this.#act(choice)));
      }),
    );
  }

  /** The same once more; a right code is the newest at its moment. */
  #again(act: Act): Act {
    return act.verb === "verify" && this.#random.chance(0.3) ? { ...act, otp: this.#wrongCode() } : act;
  }

  #act(choice: Readonly<Record<keyof typeof weights, number>>): Act {
    const codes = this.#codes;
    const wanted = this.#random.pick(choice);
    if (wanted === "repeat") {
      const repeated = this.#keyed[this.#random.below(this.#keyed.length)];
      if (repeated) return repeated;
    }
    const act = this.#plain(wanted, codes);
    if (!this.#random.chance(0.25)) return act;
    const keyed = { ...act, key: this.#load.newKey() };
    this.#keyed.push(keyed);
    return keyed;
  }

  #plain(wanted: keyof typeof weights, codes: readonly string[]): Act {
    const newest = codes.at(-1);
    if (wanted === "send" || newest === undefined) return { verb: "send" };
    if (wanted === "right") return { verb: "verify", otp: newest };
    if (wanted === "stale") return { verb: "verify", otp: codes[this.#random.below(codes.length)] ?? newest };
    if (wanted === "resend" || wanted === "cancel") return { verb: wanted };
    return { verb: "verify", otp: this.#wrongCode() };
  }

  async #ask(act: Act): Promise<void> {
    const operation = await this.#load.ask(this.#place, this.#random, act);
    if (!operation || !isUnanswered(operation)) return;
    this.#unanswered += 1;
    // What a client with a key does.
    if (act.key !== undefined && this.#random.chance(0.7)) await this.#load.ask(this.#place, this.#random, act);
    else await sleep(this.#random.between(0, 80));
  }

  async #aroundExpiry(): Promise<void> {
    const { operations, rules } = this.#place.subject;
    const sent = operations.findLast(({ verb, reply }) => verb === "send" && reply?.status === 200 && !reply.replayed);
    const at = sent && sent.end + rules.ttlMs + this.#random.between(-150, 150);
    const ms = at === undefined ? -1 : this.#load.until(at);
    if (ms < 0 || performance.now() + ms > this.#load.stopAt) return;
    await sleep(ms);
    await this.#burst(4);
    await sleep(250);
    await this.#burst(2);
  }

  /** A send that died must not lock the number out. */
  async #afterLease(): Promise<void> {
    const died = this.#place.subject.operations.findLast((each) => each.verb === "send" && isUnanswered(each));
    const at = died && died.end + this.#place.subject.rules.leaseMs + 300;
    const ms = at === undefined ? undefined : Math.max(0, this.#load.until(at));
    if (ms === undefined || performance.now() + ms > this.#load.stopAt) return;
    await sleep(ms);
    await this.#ask({ verb: "send" });
  }

  /** What is left: each code that was said, and whether a send is free. */
  async #closing(): Promise<void> {
    for (const otp of new Set(this.#codes.slice(-2).reverse())) await this.#ask({ verb: "verify", otp });
    await this.#ask({ verb: "send" });
    const newest = this.#codes.at(-1);
    if (newest !== undefined) await this.#ask({ verb: "verify", otp: newest });
  }

  get #codes(): string[] {
    return this.#place.subject.messages.map(({ code }) => code);
  }

  #wrongCode(): string {
    return String(this.#random.below(9) + 1) + String(Math.floor(this.#random.next() * 1e9)).padStart(9, "0");
  }
}
