/**
 * Does a text begin something that a pattern matches? For patterns of digits as numbering plans have them: no anchors
 * inside, no references.
 */
import { type AST, parseRegExpLiteral } from "@eslint-community/regexpp";

const beginnings = new Map<string, RegExp>();

/** Whether there is a text that begins with `text` and that `pattern`, which is for whole texts, matches. */
export function isBeginningOf(pattern: RegExp, text: string): boolean {
  let beginning = beginnings.get(pattern.source);
  if (!beginning) {
    beginning = new RegExp(`^${ofAlternatives(parseRegExpLiteral(pattern).pattern.alternatives)}`);
    beginnings.set(pattern.source, beginning);
  }
  return beginning.test(text);
}

/** A pattern for beginnings: at each place the text may have ended. */
function ofAlternatives(alternatives: readonly AST.Alternative[]): string {
  return `(?:${alternatives.map(({ elements }) => ofSequence(elements)).join("|")})`;
}

function ofSequence(elements: readonly AST.Element[]): string {
  return elements.flatMap(expanded).reduceRight((rest, { element, isOptional }) => {
    const whole = isOptional ? `(?:${element.raw})?` : element.raw;
    return `(?:${whole}${rest}|${partOf(element)})`;
  }, "$");
}

function partOf(element: AST.Element): string {
  return element.type === "Group" || element.type === "CapturingGroup" ? ofAlternatives(element.alternatives) : "$";
}

/** A repetition as its single elements, so that the text may end between any two of them. */
function expanded(element: AST.Element): { readonly element: AST.Element; readonly isOptional: boolean }[] {
  if (element.type === "Assertion") return [];
  if (element.type !== "Quantifier") return [{ element, isOptional: false }];
  return Array.from({ length: element.max }, (_, n) => ({ element: element.element, isOptional: n >= element.min }));
}
