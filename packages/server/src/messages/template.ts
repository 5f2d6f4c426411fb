/**
 * Texts with `{code}`, `{brand}` and `{minutes}`, taken apart once, so that putting one together is a few
 * concatenations.
 */

export interface Values {
  readonly code: string;
  readonly brand: string;
  /** Whole minutes, at least 1. */
  readonly minutes: number;
}

/** A text that lacks only the code and the minutes. */
export type Compiled = (code: string, minutes: number) => string;

export function compile(template: string, brand: string): Compiled {
  const parts = template.split(/\{(code|brand|minutes)\}/);
  /**
   * What follows each of `slots`; the first follows nothing. What replaces a placeholder is put in as it is, not read
   * again.
   */
  const literals = [parts[0] ?? ""];
  const slots: boolean[] = [];
  for (let index = 1; index < parts.length; index += 2) {
    const next = parts[index + 1] ?? "";
    if (parts[index] === "brand") literals.push(`${literals.pop()}${brand}${next}`);
    else {
      slots.push(parts[index] === "code");
      literals.push(next);
    }
  }
  const [start = "", ...rest] = literals;
  return (code, minutes) => {
    let text = start;
    for (let index = 0; index < slots.length; index += 1) text += (slots[index] ? code : minutes) + (rest[index] ?? "");
    return text;
  };
}

export function render(template: string, { code, brand, minutes }: Values): string {
  return compile(template, brand)(code, minutes);
}
