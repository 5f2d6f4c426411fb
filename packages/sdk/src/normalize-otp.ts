/** Every decimal digit of Unicode (general category Nd): their blocks of ten begin at a zero and are contiguous. */
const decimalDigit = /\p{Nd}/u;
/** What keyboards, paste and screen readers put around and between digits, and no reader sees as part of a code. */
const separators = /[\s\p{Cf}\p{Pd}.·]/gu;

/**
 * What the user typed or pasted, as `verifyOtp` takes it: digits of every script (Arabic, Devanagari, full-width …)
 * become ASCII, and blanks, hyphens, dots and invisible marks are left out. Anything else stays, so that a code with a
 * letter in it is still malformed. What is no string, such as a number that may have lost its leading zeros, becomes the
 * empty string, which is no code. The server takes ASCII digits only.
 */
export function normalizeOtp(text: unknown): string {
  if (typeof text !== "string") return "";
  return Array.from(text.replace(separators, ""), (letter) =>
    decimalDigit.test(letter) ? digitOf(letter) : letter,
  ).join("");
}

/**
 * The value of a decimal digit: how far it is from the zero of its block. A block's ten digits stand side by side, from
 * zero on (Unicode 4.6), and blocks may follow one another directly, so digits before it are counted modulo ten.
 */
function digitOf(letter: string): string {
  const point = letter.codePointAt(0) ?? 0;
  let before = 0;
  while (decimalDigit.test(String.fromCodePoint(point - before - 1))) before += 1;
  return String(before % 10);
}
