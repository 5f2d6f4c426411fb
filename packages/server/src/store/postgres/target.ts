/** Where a PostgreSQL store is: `postgres://user:password@host:port/database?…`; each part means what libpq says. */
import { readFileSync } from "node:fs";
import { type ConnectionOptions, getCACertificates, type SecureVersion } from "node:tls";
import { settingsOf, type TakenSetting } from "./target-settings.ts";

export interface PostgresHost {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
}

/** How far the server's certificate is checked (libpq's `sslmode`). */
export const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof sslModes)[number];

export interface PostgresTarget {
  /** If there are several, the one that is the primary. */
  readonly hosts: readonly PostgresHost[];
  /** `undefined`: what PGUSER, PGPASSWORD and PGDATABASE say. */
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: string | undefined;
  readonly sslMode: SslMode;
  readonly tls: ConnectionOptions;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** SCRAM bound to the TLS connection, where the server offers it. */
  readonly channelBinding: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveDelayMs: number;
  /** Command-line options for each session, before ours. */
  readonly options: string;
  readonly applicationName: string;
}

const shape = /^postgres(?:ql)?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^/?#@]*)(?:\/([^?#@/]*))?(?:\?([^#@]*))?$/;

/** Throws an Error that says what is wrong, and shows no part of user, password, or what may be a part of them. */
export function parseTarget(url: string): PostgresTarget {
  const parts = shape.exec(url);
  if (!parts)
    throw new Error(
      "it is not postgres://user:password@host:port/database; in a user, a password or a setting, @ is written %40, / %2F, # %23 and ? %3F",
    );
  const [, user, password, hostList = "", database, query = ""] = parts;
  const given = settingsOf(query);
  const attributes = given.get("target_session_attrs") ?? "any";
  if (!["any", "read-write", "primary"].includes(attributes)) throw new Error("target_session_attrs is not read-write");
  const binding = given.get("channel_binding") ?? "prefer";
  if (!["disable", "prefer", "require"].includes(binding))
    throw new Error("channel_binding is none of disable, prefer, require");
  const tls = tlsOf(given);
  if (binding === "require" && tls.sslMode === "disable") throw new Error("channel_binding=require needs TLS");
  const keepAliveSeconds = whole(given, "keepalives_idle", 0, 0);
  return {
    hosts: hostsOf(given.get("hostaddr") ?? given.get("host") ?? hostList, given.get("port")),
    user: given.get("user") ?? decoded(user),
    password: given.get("password") ?? decoded(password),
    database: given.get("dbname") ?? decoded(database),
    ...tls,
    channelBinding: binding !== "disable",
    // As libpq has it, 0 waits without end; a minute is without end for whoever waits.
    connectTimeoutMs: (whole(given, "connect_timeout", 2, 0) || 60) * 1000,
    statementTimeoutMs: whole(given, "statement_timeout", 5_000),
    keepAlive: given.get("keepalives") !== "0",
    keepAliveDelayMs: keepAliveSeconds * 1000,
    options: given.get("options") ?? "",
    applicationName: given.get("application_name") ?? given.get("fallback_application_name") ?? "antryk",
  };
}

/** For people: engine, hosts and database, nothing else. */
export function targetLabel({ hosts, database }: PostgresTarget): string {
  const list = hosts.map(({ host, port }) =>
    host.startsWith("/") ? host : `${host.includes(":") ? `[${host}]` : host}:${port}`,
  );
  return `postgres://${list.join(",")}/${database ?? ""}`;
}

function hostsOf(list: string, ports: string | undefined): PostgresHost[] {
  const each = list.split(",");
  const given = ports?.split(",") ?? [];
  if (given.length > 1 && given.length !== each.length) throw new Error("there are not as many ports as hosts");
  return each.map((host, at) => {
    const usual = portOf(given[at] ?? given[0] ?? "") ?? 5432;
    if (host.startsWith("/")) return { host, port: usual };
    const parts = /^(\[[0-9A-Fa-f:.]+\]|[\w.%-]*)(?::(\d{1,5}))?$/.exec(host);
    if (!parts) throw new Error("a host is malformed");
    const port = portOf(parts[2] ?? "") ?? usual;
    return { host: decoded(parts[1]?.replace(/^\[|\]$/g, "")) ?? "localhost", port };
  });
}

/** `undefined` if there is none. */
function portOf(text: string): number | undefined {
  if (text === "") return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65_535) throw new Error("a port is malformed");
  return port;
}

type Given = ReadonlyMap<TakenSetting, string>;

function tlsOf(given: Given): Pick<PostgresTarget, "sslMode" | "tls"> {
  const root = given.get("sslrootcert");
  const isSystem = root === "system";
  // As libpq has it: the system's authorities sign for everybody, so the host's name must be checked.
  const usual = isSystem ? "verify-full" : given.get("ssl") === "true" ? "require" : "prefer";
  const asked = given.get("sslmode") ?? usual;
  let sslMode = sslModes.find((mode) => mode === asked);
  if (!sslMode) throw new Error(`sslmode is none of ${sslModes.join(", ")}`);
  if (isSystem && sslMode !== "verify-full") throw new Error("sslrootcert=system needs sslmode=verify-full");
  const file = (name: TakenSetting) => {
    const path = given.get(name);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path, "utf8");
    } catch (fault) {
      throw new Error(`the file of ${name} can't be read (${(fault as NodeJS.ErrnoException).code})`);
    }
  };
  const ca = isSystem ? getCACertificates("system") : file("sslrootcert");
  const [cert, key, crl] = [file("sslcert"), file("sslkey"), file("sslcrl")];
  // libpq does so too: an operator who names a root wants it checked.
  if (sslMode === "require" && ca !== undefined) sslMode = "verify-ca";
  const checked = sslMode === "verify-ca" || sslMode === "verify-full";
  const passphrase = given.get("sslpassword");
  const [minVersion, maxVersion] = [
    versionOf(given, "ssl_min_protocol_version"),
    versionOf(given, "ssl_max_protocol_version"),
  ];
  return {
    sslMode,
    tls: {
      rejectUnauthorized: checked,
      ...(sslMode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(crl === undefined ? {} : { crl }),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(minVersion === undefined ? {} : { minVersion }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
    },
  };
}

const versions = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;

function versionOf(given: Given, name: TakenSetting): SecureVersion | undefined {
  const asked = given.get(name);
  if (asked === undefined) return undefined;
  const version = versions.find((each) => each === asked);
  if (!version) throw new Error(`${name} is none of ${versions.join(", ")}`);
  return version;
}

function whole(given: Given, name: TakenSetting, fallback: number, least = 1): number {
  const value = given.get(name) ?? String(fallback);
  if (!/^(0|[1-9]\d{0,6})$/.test(value) || Number(value) < least)
    throw new Error(`${name} is no whole number${least > 0 ? " above zero" : ""}`);
  return Number(value);
}

function decoded(part: string | undefined): string | undefined {
  if (part === undefined || part === "") return undefined;
  try {
    return decodeURIComponent(part);
  } catch {
    throw new Error("a part is not percent-encoded");
  }
}
