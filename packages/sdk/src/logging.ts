/** The levels, least first. */
export type LogLevel = "debug" | "info" | "warn" | "error" | "off";

/** Such as `console`. Missing methods are skipped. */
export interface Logger {
  debug?(message: string, details?: unknown): void;
  info?(message: string, details?: unknown): void;
  warn?(message: string, details?: unknown): void;
  error?(message: string, details?: unknown): void;
}

/** Writes one line, or nothing if the level is too low. */
export type Log = (level: "debug" | "info" | "warn", message: string, details?: Record<string, unknown>) => void;

export const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error", "off"];

/** A log that a broken logger cannot turn into a failed call. */
export function makeLog(logger: Logger, least: LogLevel): Log {
  return (level, message, details) => {
    if (logLevels.indexOf(level) < logLevels.indexOf(least)) return;
    try {
      if (details === undefined) logger[level]?.(`antryk: ${message}`);
      else logger[level]?.(`antryk: ${message}`, details);
    } catch {}
  };
}
