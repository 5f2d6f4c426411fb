/** The provider port: one file per gateway. A file of this folder that exports `provider` is in the registry. */
import type { IncomingHttpHeaders } from "node:http";
import type { SandboxNumber } from "@antryk/contract";
import type { TObject } from "typebox";
import type { Dispatcher } from "undici";
import type { Channel } from "../model/channel.ts";
import type { Inbox } from "./sandbox/inbox.ts";

/** One message to one number. `id` is the same when the same message is handed over again. */
export interface OutgoingMessage {
  readonly id: string;
  /** Undefined: SMS. */
  readonly channel?: Channel;
  /** The recipient's address on the channel: for SMS a number, E.164. */
  readonly to: string;
  readonly text: string;
  readonly serviceId: string;
  readonly verificationId: string;
  /** How long its code still lives, ms: delivered later it helps nobody. Undefined: as long as a code may. */
  readonly validForMs?: number;
  /** What it comes from, in place of the gateway's own; goes behind the header of `dlt`. */
  readonly sender?: string;
  /** What a gateway that simulates must answer; set only if it alone can get the message. */
  readonly simulation?: SandboxNumber | undefined;
  /** India's DLT ids of the service, for gateways that pass them on. */
  readonly dlt?: DltIds;
}

/** Distributed Ledger Technology ids (TRAI TCCCPR 2018): without them Indian operators drop the message. */
export interface DltIds {
  readonly entityId: string;
  readonly templateId: string;
  /** The registered sender header. */
  readonly header: string;
}

/**
 * Why a gateway did not take a message.
 * - `invalid_recipient`, `blocked`: a permanent refusal of this number
 * - `rejected`, `auth`, `quota`: refused; the same gateway will not take it now
 * - `rate_limited`, `unavailable`: refused for the moment
 * - `timeout`, `unknown`: see `ambiguous`
 */
export type FailureClass =
  | "invalid_recipient"
  | "blocked"
  | "rejected"
  | "auth"
  | "quota"
  | "rate_limited"
  | "unavailable"
  | "timeout"
  | "unknown";

export interface Accepted {
  readonly outcome: "accepted";
  /** The gateway's own id, by which receipts name the message. */
  readonly messageId?: string;
  readonly segments?: number;
  /** What became of it, if that is known at once. */
  readonly delivered?: ReceiptStatus;
  /** What the gateway says it costs; `amount` is a decimal number as text. */
  readonly price?: { readonly amount: string; readonly currency: string };
}

export interface Failed {
  readonly outcome: "failed";
  readonly class: FailureClass;
  /** The message may have left all the same. */
  readonly ambiguous: boolean;
  /** For the operator's log: a status or a code of the gateway, never a body. */
  readonly detail: string;
  readonly retryAfterMs?: number;
}

export type SendResult = Accepted | Failed;

/**
 * Whether another gateway may be asked: everything but a permanent refusal of the number. Whether ambiguity matters is
 * for the route to say.
 */
export function isRetryable(failure: Failed): boolean {
  return failure.class !== "invalid_recipient" && failure.class !== "blocked";
}

/** What a gateway later reports about a message. `unknown`: its word is in no table. */
export type ReceiptStatus = "queued" | "sent" | "delivered" | "undelivered" | "unknown";

export interface Receipt {
  readonly messageId: string;
  readonly status: ReceiptStatus;
  /** The gateway's own status or error code. */
  readonly code?: string;
  /** When it happened, ISO 8601, if the gateway says so. */
  readonly at?: string;
}

/** An HTTP request that says it comes from the gateway. */
export interface ReceiptRequest {
  readonly method: string;
  /** As the gateway addressed it: some sign it. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: URLSearchParams;
  readonly body: Buffer;
}

export type ParsedReceipts =
  | { readonly kind: "receipts"; readonly receipts: readonly Receipt[] }
  /** The signature is missing or wrong. */
  | { readonly kind: "forged" }
  | { readonly kind: "malformed" };

/** A configured provider. */
export interface Gateway {
  /** Never rejects for what the gateway does; may answer at once if no I/O is needed. */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendResult> | SendResult;
  /** Only if `capabilities.receipts` says so. Checks the signature if the gateway signs. Never throws. */
  parseReceipt?(request: ReceiptRequest): ParsedReceipts;
  /** Ends the connections that it has made. */
  close?(): Promise<void>;
}

/** What an operator must know and enter; CLI, console and documentation are made from it. */
export interface ConfigField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly secret: boolean;
  readonly required: boolean;
  /** What documentation shows; a secret is shown as the variable or file that it is read from. */
  readonly example?: string;
  /** Makes a value for an operator who gives none; it is shown once. */
  readonly make?: () => string;
}

export interface Capabilities {
  /** It reports delivery later. */
  readonly receipts: boolean;
  /** A whole send may be done without waiting for I/O. */
  readonly immediate: boolean;
  /** It sends nothing, and answers the contract's sandbox numbers as the table says; left out: it does not. */
  readonly simulates?: true;
}

/** How delivery reports come. */
export interface ReceiptManner {
  /** Their address goes with each message, or the operator registers it with the gateway, or they need none. */
  readonly address: "per message" | "registered" | "none";
  /** What is checked, beside the token in their address. */
  readonly proof: "signature" | "signature if a secret is set" | "token" | "connection";
}

/** How a provider's messages name what they come from. */
export interface SenderManner {
  /** The setting that holds the gateway's own sender; undefined: it has none. */
  readonly setting?: string;
  /** Why a gateway with these settings can't send as `sender`, for people; `undefined`: it can. */
  problem(sender: string, settings: Readonly<Record<string, unknown>>): string | undefined;
}

export interface ProviderContext {
  /** The shared connection pool. */
  readonly dispatcher: Dispatcher;
  readonly sandbox: Inbox;
  /** Where the gateway should report delivery; undefined if the operator has set no public address. */
  readonly receiptUrl?: string;
  /**
   * For gateways that report on their own connection. Rejects if the receipts could not be stored: the gateway must
   * then ask for them again.
   */
  onReceipts?(receipts: readonly Receipt[]): Promise<void>;
  /** Wall time, Unix ms: for what the gateway compares with its own clock. */
  now(): number;
}

/** Whether the provider's gateways carry messages of this channel. */
export function carries({ channels = ["sms"] }: Pick<Provider, "channels">, channel: Channel): boolean {
  return channels.includes(channel);
}

export interface Provider {
  /** What `--provider` names. */
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly config: TObject;
  readonly fields: readonly ConfigField[];
  readonly capabilities: Capabilities;
  /** What it carries; undefined: SMS alone. */
  readonly channels?: readonly Channel[];
  /** Set if and only if `capabilities.receipts` says so. */
  readonly receiptsBy?: ReceiptManner;
  /** Undefined: its messages have no sender. */
  readonly sender?: SenderManner;
  /** What it passes on of India's DLT ids; undefined: nothing. */
  readonly dlt?: "all ids" | "template id, header" | "header";
  /** The description that it was built from, and when that was read, year and month. */
  readonly reference?: { readonly url: string; readonly readOn: string };
  /** What an operator should know beside the settings: whole sentences, in Markdown. */
  readonly notes?: readonly string[];
  /** `config` has been checked against the schema. */
  create(config: Readonly<Record<string, unknown>>, context: ProviderContext): Gateway;
}
