/**
 * A service's message settings, checked as a whole: each text with the brand, the code and the last line that it goes
 * out with.
 */
import type { Service } from "../../model/service.ts";
import { dltMismatch, dltProblem } from "../dlt.ts";
import { lastLineProblem, lastLineTemplate } from "./last-line.ts";
import { sizeAt, templateProblem, templateWarnings, type WorstCase } from "./lint.ts";
import { builtInText, registeredTemplate, templateIn } from "./message.ts";

const mostTemplates = 100;
const builtInName = "the built-in text";

/** Why the settings can't be saved; `undefined` if they can. The brand and the one template have been checked. */
export function messagesProblem(service: Service): string | undefined {
  const { locale, templates, lastLine, dlt } = service.messages;
  if (Object.keys(templates).length > mostTemplates) return `a service has at most ${mostTemplates} templates`;
  for (const [locale, template] of Object.entries(templates)) {
    const problem = templateProblem(template);
    if (problem) return `the template for ${locale}: ${problem}`;
  }
  if (locale !== null && service.template === null && templateIn(service, locale) === undefined)
    return `there is no text in ${locale} (docs/messages.md lists the built-in ones): it needs a template`;
  const problem = (lastLine && lastLineProblem(lastLine)) ?? (dlt && dltProblem(dlt));
  if (problem || !dlt) return problem ?? undefined;
  const template = registeredTemplate(service);
  if (template === null)
    return "DLT needs the service's own template: the registered text with {code}, {brand} and {minutes} as fields";
  const mismatch = dltMismatch(dlt.text, template + lastLineTemplate(lastLine), worstOf(service));
  return mismatch && `operators in India would drop the messages: ${mismatch}`;
}

/** What the service's own texts, or the built-in one of its language, cost more than they need. */
export function messagesWarnings(service: Service): string[] {
  const { locale, templates } = service.messages;
  const said: Record<string, string> = {};
  if (service.template !== null) said["the template"] = service.template;
  else if (Object.keys(templates).length === 0) said[builtInName] = builtInText(locale ?? "en");
  for (const [tag, template] of Object.entries(templates)) said[`the template for ${tag}`] = template;
  const worst = worstOf(service);
  const shortest = { ...worst, brand: "B" };
  return Object.entries(said).flatMap(([what, template]) =>
    templateWarnings(template, worst)
      // A built-in text that needs UCS-2 by itself was written so that it fits.
      .filter(
        ({ rule }) => rule !== "alphabet" || what !== builtInName || sizeAt(template, shortest).alphabet === "GSM-7",
      )
      .map(({ message }) => `${what}: ${message}`),
  );
}

function worstOf({ brand, name, codeLength, ttlSeconds, messages }: Service): WorstCase {
  return {
    brand: brand ?? name,
    codeLength,
    minutes: Math.max(1, Math.floor(ttlSeconds / 60)),
    lastLine: messages.lastLine,
  };
}
