/** The log: JSON lines on stderr. Callers pass fields by name; whole requests, bodies and secrets never go in. */
import { type Logger, pino } from "pino";
import type { LogLevel } from "./log-levels.ts";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error" | "fatal" | "isLevelEnabled">;

/** A second line of defence: a field of one of these names is never printed. */
const secretFields = ["otp", "code", "secretKey", "secret", "text", "body", "headers", "authorization"];

export function createLog(level: LogLevel, destination: { write(line: string): void } = process.stderr): Logger {
  const paths = secretFields.flatMap((name) => [name, `*.${name}`]);
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths, censor: "[redacted]" } },
    destination,
  );
}
