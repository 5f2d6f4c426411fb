/** Small objects of strings in a request: `limits` and `metadata`. */

export const noTexts: Readonly<Record<string, string>> = Object.freeze({});

export interface TextBounds {
  readonly entries: number;
  readonly nameLength: number;
  readonly valueLength: number;
}

/** The object as it was given; none if it was left out, `undefined` if it is no object of strings within the bounds. */
export function textsIn(
  value: unknown,
  { entries: most, nameLength, valueLength }: TextBounds,
): Readonly<Record<string, string>> | undefined {
  if (value === undefined) return noTexts;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value);
  const isFine = ([name, text]: [string, unknown]) =>
    name !== "" &&
    name.length <= nameLength &&
    typeof text === "string" &&
    text !== "" &&
    text.length <= valueLength &&
    text.isWellFormed() &&
    name.isWellFormed();
  return entries.length <= most && entries.every(isFine)
    ? Object.fromEntries(entries as [string, string][])
    : undefined;
}
