/** What a message may cost before it is sent, and what it has cost after. */
import type { DeliveryOutcome, DeliveryPlan } from "../delivery/deliver.ts";
import { renderMessage } from "../messages/render.ts";
import { sizeOf } from "../messages/sms/segments.ts";
import type { AccountSpending } from "../model/account.ts";
import type { SharedLimit } from "../model/limits.ts";
import { Memory } from "../model/memory.ts";
import type { Log } from "../observe/log.ts";
import { budgetCharges, regionsOf } from "../policy/budgets.ts";
import { countryOf } from "../policy/charges.ts";
import { reportedMicros } from "../policy/money-notation.ts";
import { classOf } from "../policy/number-plan.ts";
import type { VerificationRequest } from "./request.ts";

export interface SpendingParts {
  readonly log: Log;
  readonly now: () => number;
  /** Called with what is known to be spent, micros of the currency. */
  readonly onSpent?: ((currency: string, gateway: string, micros: number) => void) | undefined;
}

/** What one message may cost. */
export interface Estimate {
  readonly spending: AccountSpending;
  readonly accountId: string;
  /** For people: a region, or a calling code. */
  readonly country: string;
  /** Of the message, if its code is as long as the service says. */
  readonly segments: number;
  /** Micros of one segment, by the gateways that may be asked. */
  readonly prices: ReadonlyMap<string, number>;
  /** The budgets that it is reserved in, each for the dearest of the gateways. */
  readonly charges: readonly SharedLimit[];
}

/** Countries and gateways that are remembered; of others their prices are asked and told again. */
const mostKnown = 10_000;
const sayAgainMs = 24 * 3_600_000;

export class Spending {
  readonly #parts: SpendingParts;
  /** Micros of one segment as a gateway said last, by account, country and gateway. */
  readonly #reported = new Memory<number>(mostKnown);
  /** Until when no more is said of an unknown price, Unix ms. */
  readonly #quietUntil = new Memory<number>(mostKnown);

  constructor(parts: SpendingParts) {
    this.#parts = parts;
  }

  /** Undefined: the account has no currency. */
  estimate(request: VerificationRequest, to: string, { gateways }: DeliveryPlan): Estimate | undefined {
    const { access, service, channel, locale } = request;
    const { accountId, spending } = access;
    if (!spending) return undefined;
    const found = classOf(to);
    const country = countryOf(to, found);
    const regions = regionsOf(found);
    const prices = new Map<string, number>();
    let dearest = 0;
    for (const { name } of gateways) {
      const price =
        this.#reported.get(`${accountId} ${country} ${name}`) ??
        request.prices?.find(regions, name) ??
        spending.defaultPriceMicros;
      if (price === undefined) this.#sayUnknown(accountId, country, name);
      prices.set(name, price ?? 0);
      dearest = Math.max(dearest, price ?? 0);
    }
    // Which digits the code has makes no difference to its length.
    const minutes = Math.max(1, Math.floor(service.ttlSeconds / 60));
    const sample = { service, to, locale, code: "0".repeat(service.codeLength), minutes };
    const { segments } = sizeOf(renderMessage(channel, sample).text);
    const charges = budgetCharges({ accountId, spending }, service, to, found, dearest * segments);
    return { spending, accountId, country, segments, prices, charges };
  }

  /**
   * Micros that the message has cost: at the gateway that took it, and at each that may have taken it before. The price
   * that a gateway reports in the account's currency wins, and is what the next message is reckoned with.
   */
  spent({ spending, accountId, country, segments, prices }: Estimate, delivery: DeliveryOutcome): number {
    if (delivery.kind === "refused") return 0;
    let sum = 0;
    for (const { gateway, outcome } of delivery.attempts) {
      if (outcome === "refused") continue;
      let micros = segments * (prices.get(gateway) ?? 0);
      const price = outcome === "accepted" && delivery.kind === "accepted" ? delivery.price : undefined;
      const said = price?.currency.toUpperCase() === spending.currency ? reportedMicros(price.amount) : undefined;
      if (said !== undefined) {
        micros = said;
        this.#reported.set(`${accountId} ${country} ${gateway}`, Math.ceil(said / segments));
      }
      sum += micros;
      if (micros > 0) this.#parts.onSpent?.(spending.currency, gateway, micros);
    }
    return sum;
  }

  #sayUnknown(accountId: string, country: string, gateway: string): void {
    const name = `${accountId} ${country} ${gateway}`;
    const now = this.#parts.now();
    if ((this.#quietUntil.get(name) ?? 0) > now) return;
    this.#quietUntil.set(name, now + sayAgainMs);
    this.#parts.log.warn(
      { event: "price_unknown", accountId, country, gateway },
      "no price is known: the message counts nothing in budgets; antryk price import, or account update --default-price",
    );
  }
}
