/** The provider port: one file per gateway. A file of this folder that exports `provider` is in the registry. */
import type { TObject } from "typebox";
import type { Dispatcher } from "undici";
import type { SandboxInbox } from "./sandbox-inbox.ts";

/** One message to one number. `id` is the same when the same message is handed over again. */
export interface OutgoingMessage {
  readonly id: string;
  /** E.164. */
  readonly to: string;
  readonly text: string;
  readonly serviceId: string;
  readonly verificationId: string;
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

export type SendResult =
  | { readonly outcome: "accepted"; readonly messageId?: string }
  | {
      readonly outcome: "failed";
      readonly class: FailureClass;
      /** The message may have left all the same. */
      readonly ambiguous: boolean;
      /** For the operator's log: a status or a code of the gateway, never a body. */
      readonly detail: string;
      readonly retryAfterMs?: number;
    };

/** A configured provider. `send` never rejects for what the gateway does; it may answer at once where no I/O is needed. */
export interface Gateway {
  send(message: OutgoingMessage, signal: AbortSignal): Promise<SendResult> | SendResult;
}

/** What an operator must know and enter; CLI, console and documentation are made from it. */
export interface ConfigField {
  readonly name: string;
  readonly label: string;
  readonly help: string;
  readonly secret: boolean;
  readonly required: boolean;
}

export interface Capabilities {
  /** It reports delivery later. */
  readonly receipts: boolean;
  /** A whole send may be done without waiting for I/O. */
  readonly immediate: boolean;
}

export interface ProviderContext {
  /** The shared connection pool. */
  readonly dispatcher: Dispatcher;
  readonly sandbox: SandboxInbox;
  /** Unix ms. */
  now(): number;
}

export interface Provider {
  /** What `--provider` names. */
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  readonly config: TObject;
  readonly fields: readonly ConfigField[];
  readonly capabilities: Capabilities;
  /** `config` has been checked against the schema. */
  create(config: Readonly<Record<string, unknown>>, context: ProviderContext): Gateway;
}
