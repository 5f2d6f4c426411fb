/** The configured gateways. Each is made once per configuration, so that connections, circuits and counts are kept. */
import { LRUCache } from "lru-cache";
import Value from "typebox/value";
import { sameSignature } from "../gateways/lib/receipt-reading.ts";
import {
  carries,
  type Gateway,
  type ParsedReceipts,
  type Provider,
  type ProviderContext,
  type Receipt,
  type ReceiptRequest,
} from "../gateways/port.ts";
import { providers } from "../gateways/registry.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Channel } from "../model/channel.ts";
import type { GatewayRecord } from "../model/gateway.ts";
import type { Route, Service } from "../model/service.ts";
import type { Log } from "../observe/log.ts";
import { routeFor } from "../policy/routes.ts";
import type { Store } from "../store/port.ts";
import type { WorkQueue } from "../store/ports/queue.ts";
import type { DeliveryPlan, NamedGateway } from "./deliver.ts";
import { breakerDefaults, GatewayGuard, type GatewayHealth } from "./guard.ts";
import { type LearningOptions, RouteLearning } from "./learning.ts";
import { ReceiptDesk, type ReceiptDeskParts } from "./receipt-desk.ts";
import { plannedSender } from "./senders.ts";

/** Gateways that an operator changes are followed within this time. */
const freshMs = 2_000;

/**
 * A gateway that was replaced keeps its connection for this long, ms: messages that were planned for it are still
 * handed over.
 */
const retireMs = 15_000;

export interface GatewayDirectoryParts {
  readonly context: Omit<ProviderContext, "receiptUrl" | "onReceipts">;
  readonly keyring: Keyring;
  /** Its clock, which never goes back, times the gateways' rests. */
  readonly store: Store;
  readonly log: Log;
  /** Where gateways can reach this server, without a slash at the end; undefined: they are not asked to report. */
  readonly publicUrl?: string | undefined;
  readonly learning?: LearningOptions | undefined;
  /** Puts receipts that are early on the queue; the default is the store's own. */
  readonly enqueue?: WorkQueue["enqueue"];
  /** Counts what became of receipts. */
  readonly onReceipts?: ReceiptDeskParts["onReceipts"];
  /** Called for each receipt of a known message, with the gateway's name. */
  readonly onStatus?: (gateway: string, status: Receipt["status"]) => void;
  /** For tests of gateways that are replaced. */
  readonly retireMs?: number;
}

/** A service's own gateway, and the settings that it was made of. */
interface Own {
  readonly settings: string;
  readonly provider: Provider;
  readonly named: NamedGateway;
}

/** A named gateway that is running. */
interface Running {
  readonly record: GatewayRecord;
  readonly provider: Provider;
  readonly named: NamedGateway & { readonly guard: GatewayGuard };
}

export class GatewayDirectory {
  /** What services whose routes learn have learned. */
  readonly learning: RouteLearning;
  readonly receipts: ReceiptDesk;
  readonly #parts: GatewayDirectoryParts;
  /** Services' own gateways, by the service. */
  readonly #own = new LRUCache<string, Own>({ max: 1_000, dispose: ({ named }) => this.#retire(named.gateway) });
  readonly #retired = new Map<Gateway, NodeJS.Timeout>();
  #running = new Map<string, Running>();
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(parts: GatewayDirectoryParts) {
    this.#parts = parts;
    this.learning = new RouteLearning(parts.store, parts.log, parts.learning);
    this.receipts = new ReceiptDesk({
      ...parts,
      onStatus: (gatewayId, status) => parts.onStatus?.(this.#nameOf(gatewayId), status),
    });
  }

  /**
   * `undefined`: the service has routes and none takes this recipient, or none of its gateways carries the channel.
   * Throws if its settings can't be used.
   */
  planFor(
    service: Service,
    channel: Channel,
    recipient: string,
  ): DeliveryPlan | undefined | Promise<DeliveryPlan | undefined> {
    // As if all of its gateways were disabled.
    if (service.paused) return { gateways: [], failoverOnTimeout: false };
    if (service.routes.length > 0) {
      this.#own.delete(service.id);
      return this.#routed(service, channel, recipient);
    }
    const { provider, named } = this.#ownOf(service);
    if (!carries(provider, channel)) return undefined;
    const gateways = [sendingAs(named, service, undefined)];
    return { gateways, failoverOnTimeout: false, simulates: isSimulating({ provider }) };
  }

  /** What a gateway reports; `undefined` if no gateway of this provider has the token. */
  async parseReceipts(
    providerId: string,
    token: string,
    request: ReceiptRequest,
  ): Promise<{ gatewayId: string; parsed: ParsedReceipts } | undefined> {
    await this.#refresh();
    for (const { record, named } of this.#running.values()) {
      if (record.provider !== providerId || !sameSignature(token, record.receiptToken) || !named.gateway.parseReceipt)
        continue;
      return { gatewayId: record.id, parsed: this.#parsed(named.gateway, request, record.name) };
    }
    return undefined;
  }

  /** A gateway that lies must not break the server: what its parser can't take is malformed. */
  #parsed(gateway: Gateway, request: ReceiptRequest, name: string): ParsedReceipts {
    try {
      return gateway.parseReceipt?.(request) ?? { kind: "malformed" };
    } catch (fault) {
      const { log } = this.#parts;
      log.error({ event: "fault", gateway: name, stack: (fault as Error).stack }, "a receipt could not be parsed");
      return { kind: "malformed" };
    }
  }

  /** The gateway of this name; without one, the only gateway there is. */
  async named(name: string | undefined): Promise<NamedGateway | undefined> {
    await this.#refresh();
    if (name !== undefined) return this.#running.get(name)?.named;
    const [only, ...others] = this.#running.values();
    return others.length === 0 ? only?.named : undefined;
  }

  /** State of every named gateway. */
  async health(): Promise<(GatewayHealth & { name: string; provider: string })[]> {
    await this.#refresh();
    return [...this.#running.values()].map(({ record, named }) => ({
      name: record.name,
      provider: record.provider,
      ...named.guard.health(),
    }));
  }

  /** Sends that wait for a gateway, and how long all have waited so far, ms; by the gateway's name. */
  waits(): {
    readonly gateway: string;
    readonly waiting: number;
    readonly waitedMs: number;
    readonly isOpen: boolean;
  }[] {
    return [...this.#running.values()].map(({ record, named: { guard } }) => ({
      gateway: record.name,
      waiting: guard.health().waiting,
      waitedMs: guard.waitedMs,
      isOpen: guard.health().circuit !== "closed",
    }));
  }

  async close(): Promise<void> {
    await this.learning.close();
    this.#own.clear();
    for (const timer of this.#retired.values()) clearTimeout(timer);
    const all = [...this.#retired.keys(), ...[...this.#running.values()].map(({ named }) => named.gateway)];
    await Promise.allSettled(all.map((gateway) => gateway.close?.()));
  }

  async #routed(service: Service, channel: Channel, recipient: string): Promise<DeliveryPlan | undefined> {
    const route = routeFor(service.routes, recipient);
    if (!route) return undefined;
    await this.#refresh();
    const running = route.gateways.flatMap((name) => this.#running.get(name) ?? []);
    if (running.length === 0)
      throw new Error(
        `no gateway of service ${service.id}'s route ${route.match} exists: ${route.gateways.join(", ")}`,
      );
    const carrying = running.filter(({ provider }) => carries(provider, channel));
    if (carrying.length === 0) return undefined;
    // If all are disabled, no gateway can take the message: it is refused as if all had refused it.
    const gateways = carrying.flatMap(({ record, named }) => (record.enabled ? sendingAs(named, service, route) : []));
    if (gateways.length === 0)
      this.#parts.log.warn(
        { event: "route_disabled", serviceId: service.id, route: route.match },
        "a route has no gateway that is enabled",
      );
    const learns = service.learnRoutes && gateways.length > 1;
    return {
      gateways: learns ? await this.learning.order(service.id, recipient, gateways) : gateways,
      failoverOnTimeout: route.failoverOnTimeout,
      // A gateway that can't be used now may be used again.
      simulates: running.length === route.gateways.length && running.every(isSimulating),
    };
  }

  #ownOf(service: Service): Own {
    const settings = `${service.provider} ${service.sealedConfig ?? ""}`;
    const kept = this.#own.get(service.id);
    if (kept?.settings === settings) return kept;
    const provider = providerOf(service.provider);
    // Without a guard: there is no other gateway to ask instead.
    const named = { name: service.provider, gateway: this.#make(provider, service.sealedConfig, service.id, {}) };
    const own = { settings, provider, named };
    this.#own.set(service.id, own);
    return own;
  }

  #retire(gateway: Gateway): void {
    if (!gateway.close) return;
    const close = (): void => {
      this.#retired.delete(gateway);
      void gateway.close?.();
    };
    this.#retired.set(gateway, setTimeout(close, this.#parts.retireMs ?? retireMs).unref());
  }

  #make(provider: Provider, sealedConfig: string | null, context: string, more: Partial<ProviderContext>): Gateway {
    const config: unknown = sealedConfig === null ? {} : JSON.parse(this.#parts.keyring.open(sealedConfig, context));
    if (!Value.Check(provider.config, config))
      throw new Error(`the settings of ${context} do not fit the provider ${provider.id}`);
    return provider.create(config, { ...this.#parts.context, ...more });
  }

  /** One reading at a time; gateways whose settings did not change run on. */
  #refresh(): Promise<void> {
    if (performance.now() - this.#readAt < freshMs) return Promise.resolve();
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const next = new Map<string, Running>();
    for (const record of await this.#parts.store.listGateways()) {
      const running = this.#running.get(record.name);
      const made = running && isSame(running.record, record) ? { ...running, record } : this.#start(record);
      if (made) next.set(record.name, made);
    }
    for (const [name, { named }] of this.#running) if (next.get(name)?.named !== named) this.#retire(named.gateway);
    this.#running = next;
    this.#readAt = performance.now();
  }

  /** `gone`: it was removed, and its messages are still reported on. */
  #nameOf(gatewayId: string): string {
    for (const { record } of this.#running.values()) if (record.id === gatewayId) return record.name;
    return "gone";
  }

  #guarded(record: GatewayRecord): GatewayGuard {
    const { store, log } = this.#parts;
    const gateway = record.name;
    const onCircuit = (change: "opened" | "closed") => {
      if (change === "closed") log.info({ event: "circuit_closed", gateway }, "a gateway takes messages again");
      else log.warn({ event: "circuit_opened", gateway }, "a gateway failed too often, and is not asked for a while");
    };
    return new GatewayGuard(record, () => store.now(), { ...breakerDefaults, onCircuit });
  }

  #start(record: GatewayRecord): Running | undefined {
    const { log, publicUrl } = this.#parts;
    const more = {
      ...(publicUrl === undefined
        ? {}
        : { receiptUrl: `${publicUrl}/receipts/${record.provider}/${record.receiptToken}` }),
      onReceipts: async (receipts: readonly Receipt[]) => {
        await this.receipts.record(record.id, receipts).catch((fault: Error) => {
          const { message } = fault;
          log.warn(
            { event: "receipts_not_stored", gateway: record.name, count: receipts.length, message },
            "receipts could not be stored",
          );
          throw fault;
        });
      },
    };
    try {
      const provider = providerOf(record.provider);
      const gateway = this.#make(provider, record.sealedConfig, record.id, more);
      const receipts = provider.capabilities.receipts ? { receiptsAs: record.id } : {};
      return {
        record,
        provider,
        named: { name: record.name, gateway, guard: this.#guarded(record), ...receipts },
      };
    } catch (fault) {
      log.error(
        { event: "gateway_unusable", gateway: record.name, message: (fault as Error).message },
        "a gateway can't be used",
      );
      return undefined;
    }
  }
}

function providerOf(id: string): Provider {
  const provider = providers.get(id);
  if (!provider) throw new Error(`there is no provider ${id}`);
  return provider;
}

function isSimulating({ provider: { capabilities } }: Pick<Running, "provider">): boolean {
  return capabilities.simulates === true;
}

function sendingAs(named: NamedGateway, service: Service, route: Route | undefined): NamedGateway {
  const sender = plannedSender(service, route, named.name);
  return sender ? { ...named, sender } : named;
}

/** Whether a gateway runs on with the new record: one that is disabled keeps its connection, for its receipts. */
function isSame({ enabled: was, ...before }: GatewayRecord, { enabled, ...now }: GatewayRecord): boolean {
  return JSON.stringify(before) === JSON.stringify(now);
}
