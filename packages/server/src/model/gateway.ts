/** Named gateways, their messages, and what they report of them. */

/** A provider with its settings, under a name that routes use. */
export interface GatewayRecord {
  /** UUID v4. */
  readonly id: string;
  /** Unique in the installation. */
  readonly name: string;
  /** Id of a provider of the registry. */
  readonly provider: string;
  /** The provider's settings, sealed by the keyring; null if it has none. */
  readonly sealedConfig: string | null;
  /** Unguessable part of the gateway's receipt address. */
  readonly receiptToken: string;
  /** Hand-overs at once; null: no cap. */
  readonly maxConcurrent: number | null;
  /** Messages a second; null: no cap. */
  readonly maxPerSecond: number | null;
  /** Routes skip a gateway that is not. */
  readonly enabled: boolean;
  readonly createdAt: number;
}

/** What a gateway has unless an operator sets it. */
export const defaultGateway = { maxConcurrent: null, maxPerSecond: null, enabled: true } as const;

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
