/** Configuration by environment. A malformed value stops the start and names its variable. */
import { homedir } from "node:os";
import { resolve } from "node:path";
import { retention } from "@antryk/contract";
import { fileVariable, withFiles } from "./config-files.ts";
import { type LogLevel, logLevels } from "./observe/log-levels.ts";
import type { DatabaseConfig } from "./store/open.ts";
import { parseTarget, targetLabel } from "./store/postgres/target.ts";

export interface Config {
  /** Address to listen on. */
  readonly host: string;
  readonly port: number;
  /** Where operators read: sandbox, metrics, health of gateways. */
  readonly operations: {
    readonly host: string;
    readonly port: number;
    /** undefined: it is in a file (cli/operations-token.ts). */
    readonly token: string | undefined;
  };
  /** Connections at most, if the process can hold as many. */
  readonly connections: number;
  /** How long a server that was asked to stop serves on, ms; undefined: it depends on the terminal. */
  readonly drainDelayMs: number | undefined;
  readonly database: DatabaseConfig;
  /** The store's place, for people: never with a password. */
  readonly databaseLabel: string;
  readonly keyringPath: string;
  readonly logLevel: LogLevel;
  /** Where gateways reach this server, without a slash at the end; undefined: they are not asked for receipts. */
  readonly publicUrl: string | undefined;
  /** Whether `accessKey` and `secretKey` in a body still authenticate. */
  readonly bodyCredentials: boolean;
  /** Processes that share the port. */
  readonly workers: number;
  /** Whether there is a GET /metrics. */
  readonly hasMetrics: boolean;
  /** How long ended verifications are kept: with their numbers, and then with the numbers reduced. */
  readonly history: { readonly identifiedMs: number; readonly reducedMs: number };
  /** `ANTRYK_…` names that mean nothing here: perhaps a slip, perhaps an orchestrator's. Worth a warning. */
  readonly unknownVariables: readonly string[];
  /** Names that mean something here, with values that Kubernetes gives: they are ignored. */
  readonly serviceLinks: readonly string[];
}

/** A variable's value can't be used; the message names the variable and says what it takes. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

const dayMs = 86_400_000;

export const workerBounds = { min: 1, max: 64 } as const;

/** Every variable, for help texts and documentation. */
export const configVariables = {
  ANTRYK_HOST: { fallback: "127.0.0.1", help: "address to listen on" },
  ANTRYK_PORT: { fallback: "8080", help: "port to listen on, 0 to 65535 (0: any free one)" },
  ANTRYK_OPERATIONS_HOST: {
    fallback: "127.0.0.1",
    help: "address to listen on for operators: sandbox, metrics, health of gateways",
  },
  ANTRYK_OPERATIONS_PORT: { fallback: "8081", help: "its port; if ANTRYK_PORT is 0, any free one" },
  ANTRYK_OPERATIONS_TOKEN: {
    fallback: "",
    help: "what operators' requests from elsewhere carry, at least 16 characters; else it is made, in a file beside the store",
  },
  ANTRYK_CONNECTIONS: {
    fallback: "100000",
    help: "clients' connections at most, 8 to 1000000; never more than the limit of open files allows",
  },
  ANTRYK_DRAIN_DELAY: {
    fallback: "",
    help: "seconds that a server which was asked to stop serves on, so that balancers notice, 0 to 300 (0 on a terminal, else 5)",
  },
  ANTRYK_DATABASE_URL: {
    fallback: "sqlite:./data/antryk.db",
    help: "the store: sqlite:PATH, or postgres://USER:PASSWORD@HOST:PORT/DATABASE",
  },
  ANTRYK_DATABASE_CONNECTIONS: { fallback: "4", help: "PostgreSQL: connections of this process at most, 1 to 100" },
  ANTRYK_DATABASE_BATCH: { fallback: "64", help: "PostgreSQL: calls that share a round trip at most, 1 to 1000" },
  ANTRYK_AFTER_FAILOVER: {
    fallback: "",
    help: "PostgreSQL: end or keep codes from before a failover (ended, unless its commits wait for a standby)",
  },
  ANTRYK_WORKERS: { fallback: "1", help: "PostgreSQL: processes that share the port, 1 to 64" },
  ANTRYK_KEYRING: { fallback: "./data/keyring.json", help: "the keyring's file" },
  ANTRYK_LOG_LEVEL: { fallback: "info", help: logLevels.join(", ") },
  ANTRYK_PUBLIC_URL: {
    fallback: "",
    help: "https://… address at which gateways reach this server with their receipts",
  },
  ANTRYK_BODY_CREDENTIALS: {
    fallback: "on",
    help: "on or off: whether accessKey and secretKey in a JSON body still authenticate",
  },
  ANTRYK_HISTORY_DAYS: {
    fallback: String(retention.historyMs / dayMs),
    help: "days that ended verifications are kept with their numbers, 1 to 3650",
  },
  ANTRYK_REDUCED_HISTORY_DAYS: {
    fallback: String(retention.reducedHistoryMs / dayMs),
    help: "days that they are kept after that, with a keyed hash and a masked form of the number; 0 to 3650",
  },
  ANTRYK_METRICS: { fallback: "local", help: "local or off: whether the operations listener has GET /metrics" },
} as const;

type Variable = keyof typeof configVariables;

/** Variables that hold a secret: each may be a file instead, named by `…_FILE`. */
export const secretVariables: readonly Variable[] = ["ANTRYK_OPERATIONS_TOKEN", "ANTRYK_DATABASE_URL"];

/** Throws ConfigError. */
export function readConfig(given: Readonly<Record<string, string | undefined>>): Config {
  const read = withFiles(given, secretVariables);
  if ("problem" in read) throw new ConfigError(read.problem);
  const { env } = read;
  const serviceLinks = Object.keys(env).filter((name) => name in configVariables && isServiceLink(name, env[name]));
  const isGiven = (name: Variable) => !serviceLinks.includes(name) && (env[name] ?? "") !== "";
  const value = (name: Variable) => (isGiven(name) ? (env[name] ?? "") : configVariables[name].fallback);
  const refuse = (name: Variable): never => {
    throw new ConfigError(`${name} is malformed: ${configVariables[name].help}`);
  };
  const oneOf = <T extends string>(name: Variable, allowed: readonly T[]): T =>
    allowed.find((each) => each === value(name)) ?? refuse(name);

  const hostOf = (name: Variable) => (/^[A-Za-z0-9.:_-]+$/.test(value(name)) ? value(name) : refuse(name));
  const portOf = (name: Variable) => {
    const port = /^\d{1,5}$/.test(value(name)) ? Number(value(name)) : 65_536;
    return port > 65_535 ? refuse(name) : port;
  };
  const host = hostOf("ANTRYK_HOST");
  const port = portOf("ANTRYK_PORT");
  const isAnyPort = port === 0 && !isGiven("ANTRYK_OPERATIONS_PORT");
  const token = value("ANTRYK_OPERATIONS_TOKEN");
  if (token !== "" && !/^[\x21-\x7e]{16,256}$/.test(token)) refuse("ANTRYK_OPERATIONS_TOKEN");
  if (value("ANTRYK_METRICS") === "on")
    throw new ConfigError(
      "ANTRYK_METRICS=on is no more: GET /metrics is on the operations listener, for this machine or for whoever has " +
        "the token; set ANTRYK_OPERATIONS_HOST, and give the token to what reads them (docs/operations.md#metrics)",
    );
  const whole = (name: Variable, least: number, most: number): number => {
    const number = /^\d{1,7}$/.test(value(name)) ? Number(value(name)) : Number.NaN;
    return number >= least && number <= most ? number : refuse(name);
  };
  const afterFailover =
    value("ANTRYK_AFTER_FAILOVER") === "" ? undefined : oneOf("ANTRYK_AFTER_FAILOVER", ["end", "keep"]);
  const readDatabase = (): Pick<Config, "database" | "databaseLabel"> => {
    const url = value("ANTRYK_DATABASE_URL");
    const [, ambiguous] = /^sqlite:\/\/(?!\/)(.*)$/s.exec(url) ?? [];
    if (ambiguous !== undefined)
      throw new ConfigError(
        `ANTRYK_DATABASE_URL is malformed: with two slashes "${ambiguous.split("/")[0]}" would be a host; write ` +
          `sqlite:${ambiguous} for a path from here, or sqlite:/${ambiguous} for one from the root`,
      );
    const path = /^sqlite:(?:\/\/(?=\/))?(.+)$/.exec(url)?.[1];
    if (path !== undefined)
      return { database: { engine: "sqlite", path: expand(path) }, databaseLabel: `sqlite:${path}` };
    if (!/^postgres(?:ql)?:/.test(url)) refuse("ANTRYK_DATABASE_URL");
    try {
      const target = parseTarget(url);
      const connections = whole("ANTRYK_DATABASE_CONNECTIONS", 1, 100);
      const batchSize = whole("ANTRYK_DATABASE_BATCH", 1, 1_000);
      return {
        database: { engine: "postgres", target, connections, batchSize, ...(afterFailover && { afterFailover }) },
        databaseLabel: targetLabel(target),
      };
    } catch (fault) {
      if (fault instanceof ConfigError) throw fault;
      throw new ConfigError(`ANTRYK_DATABASE_URL is malformed: ${(fault as Error).message}`);
    }
  };
  return {
    host,
    port,
    operations: {
      host: hostOf("ANTRYK_OPERATIONS_HOST"),
      port: isAnyPort ? 0 : portOf("ANTRYK_OPERATIONS_PORT"),
      token: token === "" ? undefined : token,
    },
    connections: whole("ANTRYK_CONNECTIONS", 8, 1_000_000),
    drainDelayMs: value("ANTRYK_DRAIN_DELAY") === "" ? undefined : whole("ANTRYK_DRAIN_DELAY", 0, 300) * 1_000,
    ...readDatabase(),
    keyringPath: expand(value("ANTRYK_KEYRING")),
    logLevel: oneOf("ANTRYK_LOG_LEVEL", logLevels),
    publicUrl:
      publicUrlOf(value("ANTRYK_PUBLIC_URL")) ??
      (value("ANTRYK_PUBLIC_URL") === "" ? undefined : refuse("ANTRYK_PUBLIC_URL")),
    bodyCredentials: oneOf("ANTRYK_BODY_CREDENTIALS", ["on", "off"]) === "on",
    workers: whole("ANTRYK_WORKERS", workerBounds.min, workerBounds.max),
    history: {
      identifiedMs: whole("ANTRYK_HISTORY_DAYS", 1, 3_650) * dayMs,
      reducedMs: whole("ANTRYK_REDUCED_HISTORY_DAYS", 0, 3_650) * dayMs,
    },
    hasMetrics: oneOf("ANTRYK_METRICS", ["local", "off"]) === "local",
    unknownVariables: Object.keys(env).filter(
      (name) =>
        name.startsWith("ANTRYK_") &&
        !(name in configVariables) &&
        !fileVariables.has(name) &&
        !clientVariables.has(name) &&
        !isServiceLink(name, env[name]),
    ),
    serviceLinks,
  };
}

/**
 * Kubernetes tells every pod of a namespace where its services are; one called `antryk` gives `ANTRYK_PORT=tcp://…`
 * and others of that kind (Kubernetes, "Services", environment variables, 2026).
 */
function isServiceLink(name: string, value = ""): boolean {
  return (
    (/^ANTRYK(_[A-Z0-9_]*)?_PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?$/.test(name) &&
      /^(tcp|udp|sctp):\/\//.test(value)) ||
    /^ANTRYK_([A-Z0-9_]+_)?(SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?|PORT_\d+_(TCP|UDP|SCTP)_(PROTO|PORT|ADDR))$/.test(name)
  );
}

const fileVariables: ReadonlySet<string> = new Set(secretVariables.map(fileVariable));

/** Variables of the SDK and of tests, which may stand in the same environment. */
const clientVariables = new Set([
  "ANTRYK_ACCESS_KEY",
  "ANTRYK_SECRET_KEY",
  "ANTRYK_BASE_URL",
  "ANTRYK_SERVICE_ID",
  "ANTRYK_TEST_DATABASE_URL",
  "ANTRYK_TEST_ENGINE",
]);

function expand(path: string): string {
  return path === ":memory:" ? path : resolve(path.replace(/^~(?=\/)/, homedir()));
}

/** An http or https address without query, fragment, credentials and slash at its end; `undefined` if it is none. */
function publicUrlOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol, search, hash, username, href } = new URL(text);
  return /^https?:$/.test(protocol) && search === "" && hash === "" && username === ""
    ? href.replace(/\/+$/, "")
    : undefined;
}
