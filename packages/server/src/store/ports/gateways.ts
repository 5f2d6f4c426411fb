/** The part of the store's port that keeps gateways and what they report. */
import type { GatewayRecord, MessageReceipt } from "../../model/gateway.ts";

export interface GatewayStore {
  /** `false` where the name is taken. */
  createGateway(gateway: GatewayRecord): Promise<boolean>;
  /** `false` where there is none of this name. */
  removeGateway(name: string): Promise<boolean>;
  listGateways(): Promise<GatewayRecord[]>;
  /** Writes receipts to the timelines of their verifications; ones of unknown messages are harmless. Returns how many were known. */
  recordReceipts(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<number>;
}
