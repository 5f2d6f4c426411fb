/** The services whose calls are measured: the product's defaults, but for what a row is about. */

export type ServiceName = "send" | "limit" | "rules" | "verify" | "http" | "smpp" | "report";

/** Where the gateways of the run are. */
export interface Addresses {
  readonly http: string;
  /** SMSCs that answer alike, but for the message's id. */
  readonly smpp: {
    /** Names no message. */
    readonly silent: string;
    /** Names each message, so that a receipt could find it. */
    readonly naming: string;
    /** Names no message, and keeps the codes. */
    readonly keeping: string;
  };
}

export interface Recipe {
  /** Flags of `antryk service create`. */
  readonly settings: (addresses: Addresses) => readonly string[];
  /** A named gateway that it needs, and the flags that make it. */
  readonly gateway?: { readonly name: string; readonly settings: (addresses: Addresses) => readonly string[] };
}

const smpp = (url: string) => {
  const settings = { url, "system-id": "bench", password: "bench", from: "Acme", window: "100" };
  return ["--provider", "smpp", ...Object.entries(settings).flatMap(([name, value]) => [`--smpp-${name}`, value])];
};

export const recipes: Readonly<Record<ServiceName, Recipe>> = {
  send: { settings: () => [] },
  // Far more than a run sends: nothing is refused.
  limit: { settings: () => ["--service-limit", "10000000/1h"] },
  // As far as a send is counted at all; nothing is refused, for no code of the load comes back.
  rules: {
    settings: () => [
      ...["service", "country", "prefix", "new-prefix", "client", "network"].flatMap((name) => [
        `--${name}-limit`,
        "10000000/1h",
      ]),
      ...["--named-limit", "user=10000000/1h", "--guard", "monitor"],
    ],
  },
  // Its codes are read from its messages, each of them one short message; and they live as long as a round may take.
  verify: { settings: ({ smpp: { keeping } }) => [...smpp(keeping), "--locale", "en", "--ttl", "600"] },
  http: { settings: ({ http }) => ["--provider", "http", "--http-url", http] },
  smpp: {
    settings: () => ["--route", "*=silent"],
    gateway: { name: "silent", settings: ({ smpp: { silent } }) => smpp(silent) },
  },
  report: {
    settings: () => ["--route", "*=naming"],
    gateway: { name: "naming", settings: ({ smpp: { naming } }) => smpp(naming) },
  },
};
