/** The settings of a service's messages: each is a part of `MessageChanges`. */
import type { DltSettings, Service } from "../../model/service.ts";
import type { MessageChanges } from "../message-changes.ts";
import { type Problem, problem } from "../outcomes.ts";
import type { ServiceChanges } from "../services.ts";
import { asValue, type Setting } from "./setting.ts";

/** Message texts by language, as flags give them; an empty one takes the text away. */
type Texts = Readonly<Record<string, string>>;

const locale: Setting<string> = {
  name: "locale",
  flag: "locale",
  takes: "tag",
  help: "language of its messages (BCP 47), such as hi; an empty one: by the number's country",
  read: asValue,
  put: (tag, changes) => withMessages(changes, { locale: tag === "" ? null : tag }),
  show: ({ messages }) => messages.locale,
};

const templateFor: Setting<Texts> = {
  name: "templateFor",
  flag: "template-for",
  takes: "tag=text",
  help: "message text in one language, may be given again; an empty text takes it away",
  read(given, before = {}) {
    const [, tag, text = ""] = /^([A-Za-z0-9-]+)=([\s\S]*)$/.exec(given) ?? [];
    if (tag === undefined) return problem('It must be a language tag and a text, such as "hi={code} …".');
    return asValue({ ...before, [tag]: text });
  },
  put: (texts, changes) =>
    withMessages(changes, {
      templates: Object.fromEntries(Object.entries(texts).map(([tag, text]) => [tag, text === "" ? null : text])),
    }),
  show: ({ messages }) => messages.templates,
};

const webotpDomain: Setting<string> = {
  name: "webotpDomain",
  flag: "webotp-domain",
  takes: "domain",
  help: "site whose pages may fill the code in: messages end with @domain #code; an empty one takes it away",
  read: asValue,
  put: (domain, changes) => withLastLine(changes, domain === "" ? null : { kind: "webotp", domain }),
  show: ({ messages: { lastLine } }) => (lastLine?.kind === "webotp" ? lastLine.domain : null),
};

const androidHash: Setting<string> = {
  name: "androidHash",
  flag: "android-hash",
  takes: "hash",
  help: "app that reads the code: messages end with its 11 characters; an empty one takes it away",
  read: asValue,
  put: (hash, changes) => withLastLine(changes, hash === "" ? null : { kind: "android", hash }),
  show: ({ messages: { lastLine } }) => (lastLine?.kind === "android" ? lastLine.hash : null),
};

const dltEntityId: Setting<string> = {
  ...dlt(
    "entityId",
    "dlt-entity-id",
    "id",
    "India: the principal entity's DLT id; an empty one takes all DLT settings away",
  ),
  put: (entityId, changes) => (entityId === "" ? withMessages(changes, { dlt: null }) : withDlt(changes, { entityId })),
};

export const messageSettings: readonly Setting[] = [
  locale,
  templateFor,
  webotpDomain,
  androidHash,
  dltEntityId,
  dlt("templateId", "dlt-template-id", "id", "India: DLT id of the registered text"),
  dlt("header", "dlt-header", "header", "India: the registered sender"),
  dlt(
    "text",
    "dlt-text",
    "text",
    "India: the registered text with its {#var#} or #numeric# fields; the template must match it",
  ),
];

function dlt(field: keyof DltSettings, flag: string, takes: string, help: string): Setting<string> {
  return {
    name: `dlt${field.charAt(0).toUpperCase()}${field.slice(1)}`,
    flag,
    takes,
    help,
    read: asValue,
    put: (value, changes) => withDlt(changes, { [field]: value }),
    show: ({ messages }: Service) => messages.dlt?.[field] ?? null,
  };
}

function withMessages(changes: ServiceChanges, messages: MessageChanges): ServiceChanges {
  return { ...changes, messages: { ...changes.messages, ...messages } };
}

/** Taking one line away keeps another that is given in the same change. */
function withLastLine(
  changes: ServiceChanges,
  lastLine: (MessageChanges["lastLine"] & object) | null,
): ServiceChanges | Problem {
  const given = changes.messages?.lastLine;
  if (lastLine && given)
    return problem("a WebOTP domain and an Android hash each want the last line: give one of the two");
  return given ? changes : withMessages(changes, { lastLine });
}

/** A change that takes all of DLT away sets nothing of it. */
function withDlt(changes: ServiceChanges, part: Partial<DltSettings>): ServiceChanges {
  const given = changes.messages?.dlt;
  return given === null ? changes : withMessages(changes, { dlt: { ...given, ...part } });
}
