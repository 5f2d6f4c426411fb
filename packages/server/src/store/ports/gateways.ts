/** The part of the store's port that keeps gateways and what they report. */
import type { GatewayRecord, MessageReceipt } from "../../model/gateway.ts";

export type GatewayRemoval =
  | { readonly kind: "removed" }
  /** There is none of this name. */
  | { readonly kind: "unknown" }
  /** Routes of these services name it. */
  | { readonly kind: "in_use"; readonly serviceIds: readonly string[] };

export interface GatewayStore {
  /** `false` if the name is taken. */
  createGateway(gateway: GatewayRecord): Promise<boolean>;
  /** Sets what `update` makes of the gateway as it is; id and name stay. `undefined`: there is none of this name. */
  updateGateway(name: string, update: (before: GatewayRecord) => GatewayRecord): Promise<GatewayRecord | undefined>;
  /** Refuses in the same step while a route names it. */
  removeGateway(name: string): Promise<GatewayRemoval>;
  listGateways(): Promise<GatewayRecord[]>;
}

export interface ReceiptStore {
  /** Writes receipts to the timelines of their verifications; ones of unknown messages are harmless. Returns how many were known. */
  recordReceipts(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<number>;
}
