/** Texts with `{code}`, `{brand}` and `{minutes}`, taken apart once, so that putting one together is a few concatenations. */

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
  /** What follows each of `slots`; the first follows nothing. What stands for a placeholder is put in as it is, not read again. */
  const literals = [parts[0] ?? ""];
  const slots: boolean[] = [];
  for (let at = 1; at < parts.length; at += 2) {
    const next = parts[at + 1] ?? "";
    if (parts[at] === "brand") literals.push(`${literals.pop()}${brand}${next}`);
    else {
      slots.push(parts[at] === "code");
      literals.push(next);
    }
  }
  const [start = "", ...rest] = literals;
  return (code, minutes) => {
    let text = start;
    for (let at = 0; at < slots.length; at += 1) text += (slots[at] ? code : minutes) + (rest[at] ?? "");
    return text;
  };
}

export function render(template: string, { code, brand, minutes }: Values): string {
  return compile(template, brand)(code, minutes);
}
