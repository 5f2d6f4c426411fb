/** The flags of a service's message settings, and how they are shown. */
import type { Command } from "commander";
import type { MessageChanges } from "../administration/message-changes.ts";
import type { DltSettings, MessageSettings } from "../model/service.ts";
import { CommandError } from "./installation.ts";
import { templateFor } from "./options.ts";

export interface MessageOptions {
  readonly locale?: string;
  readonly templateFor?: Readonly<Record<string, string>>;
  readonly webotpDomain?: string;
  readonly androidHash?: string;
  readonly dltEntityId?: string;
  readonly dltTemplateId?: string;
  readonly dltHeader?: string;
  readonly dltText?: string;
}

export function withMessageSettings(command: Command): Command {
  return command
    .option("--locale <tag>", "language of its messages (BCP 47), such as hi; an empty one: by the number's country")
    .option("--template-for <tag=text>", "message text in one language, may be given again; an empty text takes it away", templateFor)
    .option(
      "--webotp-domain <domain>",
      "site whose pages may fill the code in: messages end with @domain #code; an empty one takes it away",
    )
    .option("--android-hash <hash>", "app that reads the code: messages end with its 11 characters; an empty one takes it away")
    .option("--dlt-entity-id <id>", "India: the principal entity's DLT id; an empty one takes all DLT settings away")
    .option("--dlt-template-id <id>", "India: DLT id of the registered text")
    .option("--dlt-header <header>", "India: the registered sender")
    .option("--dlt-text <text>", "India: the registered text with its {#var#} or #numeric# fields; the template must match it");
}

export function messageChangesOf(options: MessageOptions): MessageChanges {
  const { locale, templateFor: texts, webotpDomain, androidHash } = options;
  if (webotpDomain && androidHash)
    throw new CommandError("--webotp-domain and --android-hash each want the last line: give one of the two");
  const lastLine = webotpDomain
    ? ({ kind: "webotp", domain: webotpDomain } as const)
    : androidHash
      ? ({ kind: "android", hash: androidHash } as const)
      : null;
  const dlt = dltOf(options);
  return {
    ...(locale === undefined ? {} : { locale: locale === "" ? null : locale }),
    ...(texts && { templates: Object.fromEntries(Object.entries(texts).map(([tag, text]) => [tag, text === "" ? null : text])) }),
    ...(webotpDomain === undefined && androidHash === undefined ? {} : { lastLine }),
    ...(dlt === undefined ? {} : { dlt }),
  };
}

function dltOf({ dltEntityId: entityId, dltTemplateId: templateId, dltHeader: header, dltText: text }: MessageOptions) {
  if (entityId === "") return null;
  const given = Object.entries({ entityId, templateId, header, text }).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Partial<DltSettings>);
}

export function describeMessages({ locale, templates, lastLine, dlt }: MessageSettings) {
  return {
    locale,
    templateFor: templates,
    webotpDomain: lastLine?.kind === "webotp" ? lastLine.domain : null,
    androidHash: lastLine?.kind === "android" ? lastLine.hash : null,
    dltEntityId: dlt?.entityId ?? null,
    dltTemplateId: dlt?.templateId ?? null,
    dltHeader: dlt?.header ?? null,
    dltText: dlt?.text ?? null,
  };
}
