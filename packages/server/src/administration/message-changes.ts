/** What an operator enters of a service's message settings: what is left out keeps its value. */
import type { DltSettings, LastLine, MessageSettings } from "../model/service.ts";
import { canonicalLocale } from "../policy/locale.ts";

export interface MessageChanges {
  /** null: the language of the number's country. */
  readonly locale?: string | null;
  /** By BCP 47 language; null takes a text away. */
  readonly templates?: Readonly<Record<string, string | null>>;
  readonly lastLine?: LastLine | null;
  /** All of them the first time, any of them later; null takes them away. */
  readonly dlt?: Partial<DltSettings> | null;
}

export type ChangedMessages =
  | { readonly kind: "messages"; readonly messages: MessageSettings }
  | { readonly kind: "problem"; readonly message: string };

export function changedMessages(current: MessageSettings, changes: MessageChanges): ChangedMessages {
  const locale =
    changes.locale === undefined || changes.locale === null ? changes.locale : canonicalLocale(changes.locale);
  if (locale === undefined && changes.locale !== undefined) return notALocale(changes.locale);
  const templates: Record<string, string> = { ...current.templates };
  for (const [tag, template] of Object.entries(changes.templates ?? {})) {
    const canonical = canonicalLocale(tag);
    if (canonical === undefined) return notALocale(tag);
    if (template === null) delete templates[canonical];
    else templates[canonical] = template;
  }
  const dlt = changes.dlt === undefined ? current.dlt : changes.dlt && { ...current.dlt, ...changes.dlt };
  if (dlt && !isWhole(dlt))
    return {
      kind: "problem",
      message: "DLT needs all of the entity id, the template id, the header and the registered text, or none",
    };
  return {
    kind: "messages",
    messages: {
      ...current,
      locale: locale === undefined ? current.locale : locale,
      templates,
      lastLine: changes.lastLine === undefined ? current.lastLine : changes.lastLine,
      dlt,
    },
  };
}

function notALocale(tag: string | null): ChangedMessages {
  return { kind: "problem", message: `${tag} is not a language tag (BCP 47), such as hi or pt-BR` };
}

function isWhole(dlt: Partial<DltSettings>): dlt is DltSettings {
  return (
    dlt.entityId !== undefined && dlt.templateId !== undefined && dlt.header !== undefined && dlt.text !== undefined
  );
}
