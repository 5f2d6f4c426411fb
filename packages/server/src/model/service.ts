/** Verification services: what an operator sets on them. */
import { defaults, type WindowLimit } from "@antryk/contract";
import type { Budget, CountryBudgets } from "./price.ts";

/** What a wrong code is answered with. */
export type WrongCodeAnswer = "valid_false" | "otp_invalid";

/** The last line of a message, by which a browser or an Android app finds the code. */
export type LastLine =
  /** For a page of this site (WebOTP). */
  | { readonly kind: "webotp"; readonly domain: string }
  /** For the app with this hash (SMS Retriever). */
  | { readonly kind: "android"; readonly hash: string };

/** What India's operators know of a service's messages. */
export interface DltSettings {
  readonly entityId: string;
  readonly templateId: string;
  /** The registered sender. */
  readonly header: string;
  /** The registered text, with its fields. */
  readonly text: string;
}

/**
 * What an operator sets on a service's messages. What was kept without one of them has its value of `plainMessages`.
 */
export interface MessageSettings {
  /** BCP 47 language of the messages; null: that of the number's country. */
  readonly locale: string | null;
  /** Message texts with `{code}`, by BCP 47 language. */
  readonly templates: Readonly<Record<string, string>>;
  readonly lastLine: LastLine | null;
  readonly dlt: DltSettings | null;
}

export const plainMessages: MessageSettings = { locale: null, templates: {}, lastLine: null, dlt: null };

/** Which gateways the recipients that it matches go through. */
export interface Route {
  /** `*`, a prefix such as `+9198`, or a country such as `IN` (ISO 3166-1 alpha-2). */
  readonly match: string;
  /** Names of gateways, in the order in which they are asked. */
  readonly gateways: readonly string[];
  /** What messages come from, by the gateway's name; left out: the service's sender, else the gateway's own. */
  readonly senders?: Readonly<Record<string, string>>;
  /** Ask the next gateway even if the one before may have sent the message (a time-out, a reset). */
  readonly failoverOnTimeout: boolean;
}

/** What speaks for pumping: how codes come back from where they went, or to whom; numbers in a row; a sudden flood. */
export type GuardRule = "conversion" | "client" | "sequence" | "burst";
export const guardRules: readonly GuardRule[] = ["conversion", "client", "sequence", "burst"];

/** `monitor`: what it would have refused is sent, and kept as a decision. */
export type GuardMode = "off" | "monitor" | "enforce";
export const guardModes: readonly GuardMode[] = ["off", "monitor", "enforce"];
export type GuardModes = Readonly<Record<GuardRule, GuardMode>>;

const watchOnly: GuardModes = { conversion: "monitor", client: "monitor", sequence: "monitor", burst: "monitor" };

/** A number that nothing is sent to: its code is always the same. */
export interface TestNumber {
  /** E.164, in the spelling that the recipient is known by. */
  readonly number: string;
  /** The code, sealed by the keyring. */
  readonly sealedCode: string;
  /** From then on it is a number as any other, Unix ms. */
  readonly until: number;
}

/** What an operator sets on a verification service. What was kept without one of them has that of `defaultSettings`. */
export interface ServiceSettings {
  readonly name: string;
  /** The brand that messages name; null: the service's name. */
  readonly brand: string | null;
  /** Message text with `{code}` for all languages that `messages` has none for; null: the built-in texts. */
  readonly template: string | null;
  readonly messages: MessageSettings;
  /** Id of a provider of the registry. */
  readonly provider: string;
  /** The provider's configuration, sealed by the keyring; null if it has none. */
  readonly sealedConfig: string | null;
  readonly codeLength: number;
  readonly ttlSeconds: number;
  readonly maxAttempts: number;
  readonly wrongCode: WrongCodeAnswer;
  readonly recipientLimits: readonly WindowLimit[];
  readonly serviceLimits: readonly WindowLimit[];
  readonly clientLimits: readonly WindowLimit[];
  /** Sends to each country by itself. */
  readonly countryLimits: readonly WindowLimit[];
  /** Sends to each prefix by itself: numbers that differ in their last four digits only. */
  readonly prefixLimits: readonly WindowLimit[];
  /** Sends to each prefix none of whose codes was verified in seven days. */
  readonly newPrefixLimits: readonly WindowLimit[];
  /** Sends for each wider network of end users' addresses: IPv4 /24, IPv6 /56 and /48. */
  readonly networkLimits: readonly WindowLimit[];
  /** Wrong codes compared for each end user's address; four times as many for its wider networks. */
  readonly guessLimits: readonly WindowLimit[];
  /** Sends by a key of the caller's own, such as its user's id, by the key's name. */
  readonly namedLimits: Readonly<Record<string, readonly WindowLimit[]>>;
  /** What its messages may cost, in micros of the account's currency. */
  readonly budgets: readonly Budget[];
  readonly countryBudgets: CountryBudgets;
  /** A send must say for which end user's address it is. */
  readonly requireClientIp: boolean;
  /** What the guard against pumping does about each of its rules. */
  readonly guard: GuardModes;
  /** If there are any, they alone decide how messages leave, not `provider`. */
  readonly routes: readonly Route[];
  /** What messages come from if their route does not say; null: the gateway's own. */
  readonly sender: string | null;
  /** Order a route's gateways by how many of their messages are verified, not as the route names them. */
  readonly learnRoutes: boolean;
  /** The countries whose numbers it sends to, ISO 3166-1 alpha-2; null: all. */
  readonly countries: readonly string[] | null;
  readonly testNumbers: readonly TestNumber[];
  /** Nothing is sent for it; codes that are out still verify. */
  readonly paused: boolean;
}

export const defaultSettings: Omit<ServiceSettings, "name"> = {
  brand: null,
  template: null,
  messages: plainMessages,
  provider: "sandbox",
  sealedConfig: null,
  codeLength: defaults.codeLength,
  ttlSeconds: defaults.ttlSeconds,
  maxAttempts: defaults.maxAttempts,
  wrongCode: "valid_false",
  recipientLimits: defaults.recipientLimits,
  serviceLimits: [],
  clientLimits: [],
  countryLimits: [],
  prefixLimits: [],
  newPrefixLimits: defaults.newPrefixLimits,
  networkLimits: [],
  guessLimits: defaults.guessLimits,
  namedLimits: {},
  budgets: [],
  countryBudgets: {},
  requireClientIp: false,
  guard: watchOnly,
  routes: [],
  sender: null,
  learnRoutes: false,
  countries: null,
  testNumbers: [],
  paused: false,
};

export interface Service extends ServiceSettings {
  /** UUID v4. */
  readonly id: string;
  readonly accountId: string;
  readonly createdAt: number;
  /** When it was archived, Unix ms: until it is restored no client knows it. Left out: it is not. */
  readonly archivedAt?: number;
}
