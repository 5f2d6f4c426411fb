/** The part of the store port that keeps gateways and what they report. */

/** A provider with its settings, under a name that routes use. */
export interface GatewayRecord {
  /** UUID v4. */
  readonly id: string;
  /** Unique in the installation. */
  readonly name: string;
  /** Id of a provider of the registry. */
  readonly provider: string;
  /** The provider's settings, sealed by the keyring; null where it has none. */
  readonly sealedConfig: string | null;
  /** Unguessable part of the gateway's receipt address. */
  readonly receiptToken: string;
  /** Messages in hand-over at once; null: no cap. */
  readonly maxConcurrent: number | null;
  /** Messages a second; null: no cap. */
  readonly maxPerSecond: number | null;
  readonly createdAt: number;
}

/** A message that a gateway has named, so that its receipts find the verification. */
export interface NamedMessage {
  readonly gatewayId: string;
  readonly messageId: string;
}

/** What a gateway reports of a message. */
export interface MessageReceipt {
  readonly messageId: string;
  readonly status: "queued" | "sent" | "delivered" | "undelivered" | "unknown";
  readonly code?: string;
  /** ISO 8601. */
  readonly at?: string;
}

export interface GatewayStore {
  /** `false` where the name is taken. */
  createGateway(gateway: GatewayRecord): Promise<boolean>;
  /** `false` where there is none of this name. */
  removeGateway(name: string): Promise<boolean>;
  listGateways(): Promise<GatewayRecord[]>;
  /** Writes receipts to the timelines of their verifications; ones of unknown messages are harmless. Returns how many were known. */
  recordReceipts(gatewayId: string, receipts: readonly MessageReceipt[]): Promise<number>;
}
