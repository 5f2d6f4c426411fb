/** The part of the store's port that keeps gateways and what they report. */
import type { GatewayRecord, MessageReceipt } from "../../model/gateway.ts";
import type { Service } from "../../model/service.ts";
import type { Decided } from "./decided.ts";

export type GatewayRemoval =
  | { readonly kind: "removed" }
  /** There is no gateway of this name. */
  | { readonly kind: "unknown" }
  /** Routes of these services name it. */
  | { readonly kind: "in_use"; readonly serviceIds: readonly string[] };

export interface GatewayStore {
  /** `false` if the name is taken. */
  createGateway(gateway: GatewayRecord): Promise<boolean>;
  /**
   * Saves what `update` makes of the gateway as it is, given all services at that moment; it may run again if another
   * change came first. Id, name and time stay. `undefined`: there is no gateway of this name.
   */
  updateGateway<Outcome>(
    name: string,
    update: (before: GatewayRecord, services: readonly Service[]) => Decided<GatewayRecord, Outcome>,
  ): Promise<Outcome | undefined>;
  /** Refuses, in the same step, if a route names it. */
  removeGateway(name: string): Promise<GatewayRemoval>;
  findGateway(name: string): Promise<GatewayRecord | undefined>;
  listGateways(): Promise<GatewayRecord[]>;
}

export interface RecordedReceipts {
  /** How many were of verifications that are still kept. */
  readonly known: number;
  /** Those whose message is not known. */
  readonly unmatched: readonly MessageReceipt[];
}

export interface ReceiptStore {
  /** Writes receipts to the timelines of their verifications. Those that are known already change nothing. */
  recordReceipts(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<RecordedReceipts>;
}
