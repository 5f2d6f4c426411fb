/** The words of a message. The code is one run of ASCII digits, and no run of four or more digits comes before it. */

/** The built-in text. The code stands first, so that it shows in a phone's preview. */
export const defaultTemplate = "{code} is your {brand} code. It expires in {minutes} min. Do not share it with anyone.";

export interface MessageVariables {
  readonly code: string;
  readonly brand: string;
  /** Whole minutes, at least 1. */
  readonly minutes: number;
}

export function render(template: string, variables: MessageVariables): string {
  return template.replace(/\{(code|brand|minutes)\}/g, (_, name: keyof MessageVariables) => String(variables[name]));
}

/** Why a template can't be saved; `undefined` where it can. */
export function templateProblem(template: string): string | undefined {
  if (template.length > 600) return "a template has at most 600 characters";
  const [first, ...others] = template.split("{code}");
  if (others.length === 0) return "a template must contain {code}";
  if (others.length > 1) return "a template may contain {code} only once";
  const unknown = template.match(/\{(?!code\}|brand\}|minutes\})[^}]*\}?/);
  if (unknown) return `unknown placeholder ${unknown[0]}: use {code}, {brand} and {minutes}`;
  if (/(\{brand\}|\{minutes\})$/.test(first ?? "") || /^(\{brand\}|\{minutes\})/.test(others[0] ?? ""))
    return "put a space or a word between {code} and the placeholder beside it";
  const before = withDigits(first ?? "");
  if (/\p{Nd}{4,}/u.test(before)) return "no run of four or more digits may come before {code}: phones would take it for the code";
  if (/\p{Nd}$/u.test(before) || /^\p{Nd}/u.test(others[0] ?? "")) return "a digit beside {code} would become part of it";
  return controlProblem("template", template.replaceAll("\n", ""));
}

/** The text at its worst: minutes have two digits, and a brand may begin or end with two. */
function withDigits(text: string): string {
  return text.replace(/\{brand\}|\{minutes\}/g, "00");
}

/** Why a brand can't be saved. It goes into messages as it is, so it must not look like a code or a link. */
export function brandProblem(brand: string): string | undefined {
  if (brand.trim() === "" || brand.length > 40) return "a brand has 1 to 40 characters";
  if (/\p{Nd}{3,}/u.test(brand)) return "a brand must not contain three or more digits in a row: phones would take them for the code";
  if (/:\/\/|www\.|\.\p{L}{2,}\b/iu.test(brand)) return "a brand must not contain a web address";
  if (/[{}]/.test(brand)) return "a brand must not contain braces";
  return controlProblem("brand", brand);
}

function controlProblem(what: string, text: string): string | undefined {
  return /[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u.test(text.replace(/[\u200c\u200d]/g, ""))
    ? `a ${what} must not contain control or direction characters`
    : undefined;
}
