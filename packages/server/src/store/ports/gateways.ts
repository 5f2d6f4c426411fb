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

export interface RecordedReceipts {
  /** How many were of verifications that are still kept. */
  readonly known: number;
  /** Those whose message is not known. */
  readonly unmatched: readonly MessageReceipt[];
}

export interface ReceiptStore {
  /** Writes receipts to the timelines of their verifications. Ones that are known already change nothing. */
  recordReceipts(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<RecordedReceipts>;
}
