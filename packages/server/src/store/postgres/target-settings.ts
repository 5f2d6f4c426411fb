/**
 * What may stand behind the `?` of a PostgreSQL address. A name that libpq knows (www.postgresql.org, "Parameter Key
 * Words" of libpq, read 2026-11) means what it means there, or is refused by its name. No other name is ever shown: in
 * an address that is malformed it may be a part of a password.
 */

/** Taken, and what they say is done. */
export const takenSettings = [
  "host",
  "hostaddr",
  "port",
  "dbname",
  "user",
  "password",
  "sslmode",
  "ssl",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "sslpassword",
  "sslcrl",
  "ssl_min_protocol_version",
  "ssl_max_protocol_version",
  "channel_binding",
  "connect_timeout",
  "statement_timeout",
  "application_name",
  "fallback_application_name",
  "target_session_attrs",
  "options",
  "keepalives",
  "keepalives_idle",
] as const;

export type TakenSetting = (typeof takenSettings)[number];

/** Taken if they have one of these values, which ask for what is done anyhow. */
const onlyThese: Readonly<Record<string, readonly string[]>> = {
  gssencmode: ["disable", "prefer"],
  gssdelegation: ["0"],
  sslcompression: ["0"],
  sslsni: ["1"],
  sslnegotiation: ["postgres"],
  sslcertmode: ["allow"],
  requirepeer: [""],
  load_balance_hosts: ["disable"],
  client_encoding: ["auto", "utf8", "UTF8", "utf-8", "UTF-8"],
  replication: ["false", "off", "no", "0"],
};

/** Taken, and left to the system: they tune how soon a dead connection is noticed, for which we have limits of our own. */
const withoutEffect = ["keepalives_interval", "keepalives_count", "tcp_user_timeout"];

/** Known to libpq, and not to be had here. */
const refused = [
  "passfile",
  "service",
  "servicefile",
  "krbsrvname",
  "gsslib",
  "require_auth",
  "scram_client_key",
  "scram_server_key",
  "sslcrldir",
  "sslkeylogfile",
  "min_protocol_version",
  "max_protocol_version",
  "oauth_issuer",
  "oauth_client_id",
  "oauth_client_secret",
  "oauth_scope",
];

/** The settings by their names. Throws an Error that shows no part of the address but names that libpq knows. */
export function settingsOf(query: string): ReadonlyMap<TakenSetting, string> {
  const found = new Map<TakenSetting, string>();
  for (const [name, value] of new URLSearchParams(query.replaceAll("+", "%2B"))) {
    const taken = takenSettings.find((each) => each === name);
    if (taken) found.set(taken, value);
    else if (Object.hasOwn(onlyThese, name)) {
      if (!onlyThese[name]?.includes(value)) throw new Error(`${name} can only be ${onlyThese[name]?.join(" or ")}`);
    } else if (refused.includes(name)) throw new Error(`${name} is not supported`);
    else if (!withoutEffect.includes(name)) throw new Error("a setting behind ? is not known");
  }
  return found;
}
