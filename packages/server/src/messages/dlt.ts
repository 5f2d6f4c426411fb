/**
 * India's registered texts (TRAI TCCCPR 2018): operators compare each message with the one registered under its
 * template id and drop it if a word differs. So they are compared here, for every message that can come of a service's
 * settings.
 */
import type { DltSettings } from "../model/service.ts";
import { compile } from "./template.ts";

export function isIndian(to: string): boolean {
  return to.startsWith("+91");
}

/** Why the ids or the text can't be ones that were registered. */
export function dltProblem({ entityId, templateId, header, text }: DltSettings): string | undefined {
  if (!isId(entityId)) return "the DLT entity id is a number, of 19 digits as a rule";
  if (!isId(templateId)) return "the DLT template id is a number, of 19 digits as a rule";
  if (!/^[A-Za-z0-9]{3,11}$/.test(header))
    return "the DLT header is the registered sender, of 3 to 11 letters and digits";
  if (text.trim() === "" || text.length > 2_000)
    return "the DLT text has 1 to 2,000 characters: the registered one, with its {#var#} or #numeric# fields";
  const unknown = tagsOf(text).find((tag) => !Object.hasOwn(tags, tag));
  return unknown
    ? `the DLT field ${unknown} takes no code, brand or minutes: ${Object.keys(tags).join(", ")} do`
    : undefined;
}

function isId(text: string): boolean {
  return /^\d{10,30}$/.test(text);
}

/** What a registered field takes: operators cut `{#var#}` at 30 characters, `alphanumeric` at 40. */
const tags: Readonly<Record<string, { readonly takes: RegExp; readonly room: number }>> = {
  var: { takes: /[^\n]/u, room: 30 },
  numeric: { takes: /[0-9]/, room: 30 },
  number: { takes: /[0-9]/, room: 30 },
  alphanumeric: { takes: /[\p{L}\p{M}\p{N} ]/u, room: 40 },
};
const field = /\{#(\w+)#\}|#(numeric|number|alphanumeric|url|urlott|cbn|email)#/;

function tagsOf(text: string): string[] {
  return [...text.matchAll(new RegExp(field, "g"))].map(([, braced, bare]) => braced ?? bare ?? "");
}

/** Where the service's messages leave the registered text; `undefined` if every one of them matches. */
export function dltMismatch(
  registered: string,
  template: string,
  {
    brand,
    codeLength,
    minutes: longest,
  }: { readonly brand: string; readonly codeLength: number; readonly minutes: number },
): string | undefined {
  const fields = tagsOf(registered);
  const literals = trimmed(registered.replace(new RegExp(field, "g"), "\0")).split("\0");
  const message = compile(template, brand);
  const code = "0".repeat(codeLength);
  for (let minutes = longest; minutes >= 1; minutes -= 1) {
    const text = trimmed(message(code, minutes));
    const wrong = follow(text, literals, fields);
    if (wrong) return `${wrong}, the message is “${text}”`;
  }
  return undefined;
}

/** Walks all ways in which the fields can be filled at once: where each of them could end. */
function follow(text: string, literals: readonly string[], fields: readonly string[]): string | undefined {
  let ends = new Set([0]);
  for (const [index, literal] of literals.entries()) {
    if (index > 0) ends = filled(text, ends, fields[index - 1] ?? "");
    ends = new Set([...ends].filter((end) => text.startsWith(literal, end)).map((end) => end + literal.length));
    if (ends.size === 0)
      return index === 0
        ? `the registered text begins “${literal}”`
        : `the registered text has “${literal}” after its field ${index}`;
  }
  return ends.has(text.length) ? undefined : `the registered text ends after “${literals.at(-1)}”`;
}

function filled(text: string, starts: ReadonlySet<number>, tag: string): Set<number> {
  const { takes, room } = tags[tag] ?? { takes: /[^\n]/u, room: 30 };
  const ends = new Set<number>();
  for (const start of starts) {
    for (let end = start; end < text.length && end - start < room && takes.test(text[end] ?? ""); end += 1)
      ends.add(end + 1);
  }
  return ends;
}

function trimmed(text: string): string {
  return text.replaceAll("\r\n", "\n").trim();
}
