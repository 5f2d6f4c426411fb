/** What operators look for: verifications, and messages that were not sent. Times are Unix ms. */
import type { Channel } from "./channel.ts";
import type { NamedMessage } from "./gateway.ts";
import type { PolicyDecision } from "./policy-decision.ts";
import type { RecipientKey } from "./recipient.ts";
import type { VerificationRecord } from "./verification.ts";

/** A verification, or a message that was not sent. */
export type Found =
  | { readonly kind: "verification"; readonly id: string; readonly record: VerificationRecord }
  | { readonly kind: "decision"; readonly id: string; readonly decision: PolicyDecision };

/** A number, as everything of it is found: in each account by the services that may have sent to it. */
export interface SearchedNumber {
  readonly channel: Channel;
  /** The canonical spelling. */
  readonly recipient: string;
  readonly keys: readonly RecipientKey[];
  /** What it is reduced to. */
  readonly reducedHash: Buffer;
}

/** Everything that is given must hold. */
export interface SearchQuery {
  readonly number?: SearchedNumber | undefined;
  /** Of a verification, or of a decision. */
  readonly id?: string | undefined;
  /** Names of a message, by canonical ids: one of them. */
  readonly messages?: readonly NamedMessage[] | undefined;
  readonly accountId?: string | undefined;
  readonly requestId?: string | undefined;
  readonly state?: VerificationRecord["status"] | undefined;
  /** Why a message was refused: a reason or a rule of the policy, or what a gateway said. */
  readonly reason?: string | undefined;
  /** The name of a gateway that was asked. */
  readonly gateway?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  /** The `next` of the page before. */
  readonly before?: string | undefined;
  /** How much a page has at most. */
  readonly limit: number;
}

export interface SearchPage {
  /** Newest first. It may have less than `limit`, or nothing, although there is more. */
  readonly found: readonly Found[];
  /** Where the next page begins; undefined: there is no more. */
  readonly next: string | undefined;
}
