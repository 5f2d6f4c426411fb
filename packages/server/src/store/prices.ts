/** What messages cost, over any engine's documents: one document for all prices of an account. */
import type { Price } from "../model/price.ts";
import { change, pricesKind, toAccount, toGateway } from "./configuration.ts";
import type { Engine } from "./engine.ts";
import type { PriceStore } from "./ports/prices.ts";

const kind = pricesKind;

export function pricesOver(engine: Engine): PriceStore {
  const { documents } = engine;
  return {
    putPrices: (accountId, prices, refuse) =>
      change<string | true | undefined>(documents, async () => {
        const account = await documents.get("account", accountId);
        if (!account) return { outcome: undefined };
        const gateways = (await documents.list("gateway")).map(toGateway);
        const refusal = refuse(toAccount(account), gateways);
        if (refusal !== undefined) return { outcome: refusal };
        const body = prices.length === 0 ? null : encode(prices);
        const before = await documents.get(kind, accountId);
        if (body === null && !before) return { outcome: true };
        return { outcome: true, changes: [{ kind, id: accountId, accountId, createdAt: engine.now(), body }] };
      }),
    listPrices: async (accountId) => {
      const found = await documents.get(kind, accountId);
      return found ? decode(found.body) : [];
    },
  };
}

function decode(body: string): Price[] {
  const rows = JSON.parse(body) as [string, string, number][];
  return rows.map(([country, gateway, micros]) => ({ country, gateway, micros }));
}

function encode(prices: readonly Price[]): string {
  return JSON.stringify(prices.map(({ country, gateway, micros }) => [country, gateway, micros]));
}
