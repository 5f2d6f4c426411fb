/**
 * What a template and a brand may contain, and what a text costs. The code is one run of ASCII digits, and no run of
 * four or more digits comes before it: phones and people find it whatever an operator writes around it.
 */
import { septetsOf } from "../../gateways/lib/gsm7.ts";
import type { LastLine } from "../../model/service.ts";
import { render } from "../template.ts";
import { androidRoom, lastLineTemplate } from "./last-line.ts";
import { type Alphabet, room, type Size, sizeOf } from "./segments.ts";

export interface Finding {
  /** Errors keep a text from being saved. */
  readonly level: "error" | "warning";
  readonly rule: string;
  readonly message: string;
}

/** What a text is filled with at its longest. */
export interface WorstCase {
  readonly brand: string;
  readonly codeLength: number;
  readonly minutes: number;
  readonly lastLine: LastLine | null;
}

/** If nothing is known of the service: the longest code, a brand of 20 characters, the longest life. */
export const worstCase: WorstCase = { brand: "B".repeat(20), codeLength: 10, minutes: 10, lastLine: null };

const longestTemplate = 600;
const longestBrand = 40;

export function templateErrors(template: string): Finding[] {
  const found: Finding[] = [];
  const error = (rule: string, message: string) => found.push({ level: "error", rule, message });
  if (template.length > longestTemplate) error("length", `a template has at most ${longestTemplate} characters`);
  const [before = "", ...others] = template.split("{code}");
  const after = others[0] ?? "";
  if (others.length === 0) error("code-missing", "a template must contain {code}");
  if (others.length > 1) error("code-twice", "a template may contain {code} only once");
  const unknown = /\{(?!code\}|brand\}|minutes\})[^}]*\}?/.exec(template);
  if (unknown) error("placeholder", `unknown placeholder ${unknown[0]}: use {code}, {brand} and {minutes}`);
  if (others.length === 1) {
    const start = withDigits(visible(before));
    if (/\{(brand|minutes)\}$/.test(visible(before)) || /^\{(brand|minutes)\}/.test(visible(after)))
      error("code-joined", "put a space or a word between {code} and the placeholder beside it");
    else if (/\p{Nd}$/u.test(start) || /^\p{Nd}/u.test(visible(after)))
      error("digit-beside", "a digit beside {code} would become part of it");
    if (/\p{Nd}{4,}/u.test(start))
      error("digits-before", "no run of four or more digits may come before {code}: phones would take it for the code");
  }
  const control = controlProblem("template", template.replaceAll("\n", ""));
  if (control) error("control", control);
  return found;
}

/** Why a template can't be saved; `undefined` if it can. */
export function templateProblem(template: string): string | undefined {
  return templateErrors(template)[0]?.message;
}

/** Why a brand can't be saved. It goes into messages as it is, so it must not look like a code or a link. */
export function brandProblem(brand: string): string | undefined {
  if (!/[\p{L}\p{N}]/u.test(brand) || brand.length > longestBrand)
    return `a brand has 1 to ${longestBrand} characters, a letter or a digit among them`;
  if (/\p{Nd}{3,}/u.test(visible(brand)))
    return "a brand must not contain three or more digits in a row: phones would take them for the code";
  if (/:\/\/|www[.．。｡]|[.．。｡]\p{L}{2,}/iu.test(brand)) return "a brand must not contain a web address";
  if (/[{}]/.test(brand)) return "a brand must not contain braces";
  return controlProblem("brand", brand);
}

/** The text at its worst: minutes have two digits, and a brand may begin or end with two. */
function withDigits(text: string): string {
  return text.replace(/\{brand\}|\{minutes\}/g, "00");
}

/** Joiners, that shape letters beside them, are not seen between digits. */
function visible(text: string): string {
  return text.replace(/[\u200c\u200d]/g, "");
}

function controlProblem(what: string, text: string): string | undefined {
  return /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/u.test(visible(text))
    ? `a ${what} must not contain control or direction characters`
    : undefined;
}

export function sizeAt(template: string, { brand, codeLength, minutes, lastLine }: WorstCase): Size {
  return sizeOf(render(template + lastLineTemplate(lastLine), { code: "0".repeat(codeLength), brand, minutes }));
}

/** What a template without errors costs more than it need, or what may keep it from arriving. */
export function templateWarnings(template: string, worst: WorstCase): Finding[] {
  const found: Finding[] = [];
  const warning = (rule: string, message: string) => found.push({ level: "warning", rule, message });
  const size = sizeAt(template, worst);
  const odd = size.alphabet === "UCS-2" ? oddCharacters(template.replaceAll("{brand}", worst.brand)) : [];
  if (odd.length > 0) {
    const inGsm7 = sizeAt(replaced(template), { ...worst, brand: replaced(worst.brand) });
    const cost =
      inGsm7.alphabet !== "GSM-7"
        ? ""
        : inGsm7.segments < size.segments
          ? `: ${segmentsText(size.segments)} instead of ${inGsm7.segments}`
          : `: a segment has room for ${room["UCS-2"].alone} characters instead of ${room["GSM-7"].alone}`;
    warning(
      "alphabet",
      `${odd.map(described).join(", ")} can't be sent in GSM-7, so the whole text takes UCS-2${cost}`,
    );
  }
  if (size.segments > 1)
    warning(
      "segments",
      `it takes ${segmentsText(size.segments)}: ${unitsText(size)} at its longest, one has room for ` +
        `${room[size.alphabet].alone}`,
    );
  if (worst.lastLine?.kind === "android" && octetsOf(size) > androidRoom)
    warning(
      "android-room",
      `Android reads the hash in messages of at most ${androidRoom} octets; this one may take ${octetsOf(size)}`,
    );
  if (/:\/\/|www\./i.test(template))
    warning("link", "operators hold back messages with a web address, and people learn to distrust them");
  return found;
}

/**
 * A few characters outside GSM-7 in a text that would else fit: an accident, or a price to know. A text in another
 * script has no choice.
 */
function oddCharacters(text: string): string[] {
  const misfits = [...text].filter((character) => septetsOf(character) === 0);
  const others = [...text].filter((character) => septetsOf(character) > 0 && /\p{L}/u.test(character)).length;
  const letters = misfits.filter((character) => /\p{L}/u.test(character)).length;
  return letters > others / 4 ? [] : [...new Set(misfits)];
}

/** In place of what typewriters and word processors put in. */
const plainOf: Readonly<Record<string, string>> = {
  ...Object.fromEntries([..."‘’‚‛′´`"].map((quote) => [quote, "'"])),
  ...Object.fromEntries([..."“”„‟″«»"].map((quote) => [quote, '"'])),
  ...Object.fromEntries([..."‐‑‒–—―−"].map((dash) => [dash, "-"])),
  ...Object.fromEntries([..."\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000"].map((space) => [space, " "])),
  ...Object.fromEntries([..."•·∙"].map((dot) => [dot, "-"])),
  "…": "...",
  "\u200c": "",
  "\u200d": "",
};

/** The nearest that GSM-7 has; `undefined` if none is near. */
function nearest(character: string): string | undefined {
  if (Object.hasOwn(plainOf, character)) return plainOf[character];
  if (/\p{M}/u.test(character)) return "";
  const bare = character.normalize("NFKD").replace(/\p{M}/gu, "");
  return bare !== "" && bare !== character && [...bare].every((each) => septetsOf(each) > 0) ? bare : undefined;
}

function replaced(text: string): string {
  return [...text]
    .map((character) => (septetsOf(character) > 0 ? character : (nearest(character) ?? character)))
    .join("");
}

function described(character: string): string {
  const point = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
  const near = nearest(character);
  const shown = /\s|\p{Cf}/u.test(character) ? point : `“${character}” (${point})`;
  if (near === undefined) return shown;
  return near === "" ? `${shown} (leave it out)` : `${shown} (write ${near === " " ? "a plain space" : near})`;
}

function segmentsText(segments: number): string {
  return segments === 1 ? "1 segment" : `${segments} segments`;
}

function unitsText({ alphabet, units }: Size): string {
  return `${units} ${alphabet} characters`;
}

function octetsOf({ alphabet, units }: { readonly alphabet: Alphabet; readonly units: number }): number {
  return alphabet === "GSM-7" ? Math.ceil((units * 7) / 8) : units * 2;
}
