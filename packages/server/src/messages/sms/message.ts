/** The words of a service's SMS: which text a number gets, put together without reading a template twice. */
import type { DltIds } from "../../gateways/port.ts";
import type { Service } from "../../model/service.ts";
import { languageOfNumber } from "../calling-codes.ts";
import { isIndian } from "../dlt.ts";
import { lookup } from "../lookup.ts";
import type { MessageInput, RenderedMessage } from "../render.ts";
import { type Compiled, compile } from "../template.ts";
import { texts } from "../texts.ts";
import { lastLineTemplate } from "./last-line.ts";

/** A message that lacks only its code and the minutes. */
interface Message {
  readonly text: Compiled;
  readonly dlt: DltIds | undefined;
}

const builtIn = new Map<string, string>(Object.entries(texts));

/** A service object is read anew from the store every two seconds: what was made from the old one goes with it. */
const made = new WeakMap<Service, ServiceMessages>();

export function renderSms({ service, to, locale, code, minutes }: MessageInput): RenderedMessage {
  let messages = made.get(service);
  if (!messages) {
    messages = new ServiceMessages(service);
    made.set(service, messages);
  }
  const { text, dlt } = messages.to(to, locale);
  return dlt ? { text: text(code, minutes), dlt } : { text: text(code, minutes) };
}

/** The service's own text in a language; `undefined` if it has none. */
function ownTemplate({ messages: { templates } }: Service, locale: string): string | undefined {
  const tag = lookup(locale, { has: (each) => Object.hasOwn(templates, each) });
  return tag === undefined ? undefined : templates[tag];
}

/** The built-in text in a language, English if there is none. */
export function builtInText(locale: string): string {
  return builtIn.get(lookup(locale, builtIn) ?? "en") ?? texts.en;
}

/**
 * The service's own text in a language, else the built-in one; `undefined`: there is none that is known to be in it.
 */
export function templateIn(service: Service, locale: string): string | undefined {
  const own = ownTemplate(service, locale);
  // A service's one text is in an unknown language: it is for every language that has no text.
  if (own !== undefined || service.template !== null) return own;
  const language = lookup(locale, builtIn);
  return language === undefined ? undefined : builtIn.get(language);
}

/**
 * What a service says to numbers in India, whose operators know one registered text: its own, since a built-in one may
 * change.
 */
export function registeredTemplate(service: Service): string | null {
  return ownTemplate(service, service.messages.locale ?? "en") ?? service.template;
}

class ServiceMessages {
  readonly #service: Service;
  /** null: no text in it. */
  readonly #byLocale = new Map<string, Message | null>();
  readonly #byDefault: Message;
  readonly #inIndia: Message | undefined;

  constructor(service: Service) {
    this.#service = service;
    this.#byDefault = this.#compiled(service.template ?? texts.en);
    const { dlt } = service.messages;
    const registered = dlt && registeredTemplate(service);
    if (dlt && registered !== null)
      this.#inIndia = {
        ...this.#compiled(registered),
        dlt: { entityId: dlt.entityId, templateId: dlt.templateId, header: dlt.header },
      };
  }

  to(to: string, locale: string | undefined): Message {
    if (this.#inIndia && isIndian(to)) return this.#inIndia;
    const own = this.#service.messages.locale;
    return (
      (locale === undefined ? null : this.#in(locale)) ??
      (own === null ? null : this.#in(own)) ??
      this.#in(languageOfNumber(to)) ??
      this.#byDefault
    );
  }

  #in(locale: string): Message | null {
    let message = this.#byLocale.get(locale);
    if (message === undefined) {
      const template = templateIn(this.#service, locale);
      message = template === undefined ? null : this.#compiled(template);
      // Requests may name any number of tags.
      if (this.#byLocale.size >= 100) this.#byLocale.clear();
      this.#byLocale.set(locale, message);
    }
    return message;
  }

  #compiled(template: string): Message {
    const { brand, name, messages } = this.#service;
    return { text: compile(template + lastLineTemplate(messages.lastLine), brand ?? name), dlt: undefined };
  }
}
