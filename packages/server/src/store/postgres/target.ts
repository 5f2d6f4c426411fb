/** Where a PostgreSQL store is: `postgres://user:password@host:port/database?…`; each part means what libpq says. */
import { readFileSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";

export interface PostgresHost {
  /** A name, an address, or the folder of a Unix socket. */
  readonly host: string;
  readonly port: number;
}

/** How far the server's certificate is checked (libpq's `sslmode`). */
export const sslModes = ["disable", "prefer", "require", "verify-ca", "verify-full"] as const;
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
  readonly applicationName: string;
}

const shape = /^postgres(?:ql)?:\/\/(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const settings = new Set([
  "host",
  "sslmode",
  "sslrootcert",
  "sslcert",
  "sslkey",
  "connect_timeout",
  "statement_timeout",
  "application_name",
  "target_session_attrs",
]);

/** Throws an Error that says what is wrong, without the password. */
export function parseTarget(url: string): PostgresTarget {
  const parts = shape.exec(url);
  if (!parts) throw new Error("it is not postgres://user:password@host:port/database");
  const [, user, password, hostList = "", database, query = ""] = parts;
  const given = new URLSearchParams(query);
  for (const name of given.keys()) if (!settings.has(name)) throw new Error(`the setting ${name} is not known`);
  const attributes = given.get("target_session_attrs");
  if (attributes !== null && attributes !== "read-write" && attributes !== "primary" && attributes !== "any")
    throw new Error("target_session_attrs is not read-write");
  return {
    hosts: hostsOf(given.get("host") ?? hostList),
    user: decoded(user),
    password: decoded(password),
    database: decoded(database),
    ...tlsOf(given),
    connectTimeoutMs: whole(given, "connect_timeout", 2) * 1000,
    statementTimeoutMs: whole(given, "statement_timeout", 5_000),
    applicationName: given.get("application_name") ?? "antryk",
  };
}

/** For people: engine, hosts and database, nothing else. */
export function targetLabel({ hosts, database }: PostgresTarget): string {
  const list = hosts.map(({ host, port }) =>
    host.startsWith("/") ? host : `${host.includes(":") ? `[${host}]` : host}:${port}`,
  );
  return `postgres://${list.join(",")}/${database ?? ""}`;
}

function hostsOf(list: string): PostgresHost[] {
  return list.split(",").map((each) => {
    if (each.startsWith("/")) return { host: each, port: 5432 };
    const parts = /^(\[[0-9A-Fa-f:.]+\]|[\w.%-]*)(?::(\d{1,5}))?$/.exec(each);
    const port = Number(parts?.[2] ?? 5432);
    if (!parts || port < 1 || port > 65_535) throw new Error("a host is malformed");
    return { host: decoded(parts[1]?.replace(/^\[|\]$/g, "")) ?? "localhost", port };
  });
}

function tlsOf(given: URLSearchParams): Pick<PostgresTarget, "sslMode" | "tls"> {
  const asked = given.get("sslmode") ?? "prefer";
  let sslMode = sslModes.find((mode) => mode === asked);
  if (!sslMode) throw new Error(`sslmode is none of ${sslModes.join(", ")}`);
  const file = (name: string) => {
    const path = given.get(name);
    if (path === null) return undefined;
    try {
      return readFileSync(path, "utf8");
    } catch (fault) {
      throw new Error(`the file of ${name} can't be read (${(fault as NodeJS.ErrnoException).code})`);
    }
  };
  const ca = file("sslrootcert");
  const cert = file("sslcert");
  const key = file("sslkey");
  // libpq does so too: an operator who names a root wants it checked.
  if (sslMode === "require" && ca !== undefined) sslMode = "verify-ca";
  const checked = sslMode === "verify-ca" || sslMode === "verify-full";
  return {
    sslMode,
    tls: {
      rejectUnauthorized: checked,
      ...(sslMode === "verify-ca" ? { checkServerIdentity: () => undefined } : {}),
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

function whole(given: URLSearchParams, name: string, fallback: number): number {
  const value = given.get(name) ?? String(fallback);
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new Error(`${name} is no whole number above zero`);
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
