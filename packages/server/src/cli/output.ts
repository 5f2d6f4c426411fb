/** How commands print: a line or a table for people, one JSON object with --json. */
import { terminal } from "./terminal.ts";

export interface OutputOptions {
  readonly json?: boolean;
}

/** Prints `data` as one JSON object, or `text`. */
export function print({ json }: OutputOptions, data: object, text: string): void {
  terminal().stdout.write(json ? `${JSON.stringify(data)}\n` : `${showable(text)}\n`);
}

/** A table with aligned columns; `empty` if there is no row. */
export function table(headers: readonly string[], rows: readonly (readonly string[])[], empty: string): string {
  if (rows.length === 0) return empty;
  const all = [headers, ...rows];
  const widths = headers.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** One row for each value of a thing. */
export function valueTable(shown: Readonly<Record<string, unknown>>): string {
  return table(
    ["SETTING", "VALUE"],
    Object.entries(shown).map(([name, value]) => [name, valueText(value)]),
    "",
  );
}

function valueText(value: unknown): string {
  if (value === null) return "-";
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.join(" | ") || "-";
  return (
    Object.entries(value)
      .map(([name, text]) => `${name}=${text}`)
      .join(" | ") || "-"
  );
}

/**
 * Text as a terminal may have it: names and what gateways say can hold what moves its cursor, or turns the direction of
 * writing.
 */
export function showable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu, (each) =>
    each === "\n" || each === "\t" ? each : "\ufffd",
  );
}
