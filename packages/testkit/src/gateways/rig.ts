/** A provider made into a gateway against a scripted server, and the rule that nothing it says holds a secret. */
import assert from "node:assert/strict";
import { inspect } from "node:util";
import Value from "typebox/value";
import { createDispatcher } from "../../../server/src/gateways/lib/http-client.ts";
import type { Gateway, OutgoingMessage, Provider, SendResult } from "../../../server/src/gateways/port.ts";
import { SandboxInbox } from "../../../server/src/gateways/sandbox/inbox.ts";
import { hangMs } from "../until.ts";
import { type Script, ScriptedServer } from "./scripted-server.ts";

/** Fits GSM-7; without DLT ids. */
export const gsm7Message: OutgoingMessage = {
  id: "msg_01JCONFORMANCE",
  to: "+919876543210",
  text: "482913 is your Acme code. It expires in 5 min.",
  serviceId: "b3b0e9a0-5ac9-4b8e-8d3a-0d3a7d1f2c11",
  verificationId: "6f0a5b6e-27f5-4a3a-9b36-0f2a6a1b9c22",
};

/** Devanagari, so UCS-2; with DLT ids, for the gateways that pass them on. */
export const devanagariMessage: OutgoingMessage = {
  ...gsm7Message,
  text: "482913 आपका Acme कोड है।",
  dlt: { entityId: "1201159123456789012", templateId: "1207161234567890123", header: "ACMEIN" },
};

/** What a rig needs to know of a gateway. */
export interface RigSubject {
  readonly provider: Provider;
  /** Settings that send to this base URL instead of the gateway's. */
  config(baseUrl: string): Readonly<Record<string, unknown>>;
  /** Every secret of these settings, and what they become on the wire (such as the Base64 of Basic authentication). */
  readonly secrets: readonly string[];
  /** Where the gateway must post receipts; nowhere if left out. */
  readonly receiptUrl?: string;
  /** Unix ms; the real clock if left out. */
  now?(): number;
}

/** One gateway and one scripted server, for one test. */
export class Rig implements AsyncDisposable {
  readonly gateway: Gateway;
  readonly server: ScriptedServer;
  readonly #subject: RigSubject;
  readonly #dispatcher = createDispatcher();

  /** `baseUrl` is the server's if left out. */
  constructor(subject: RigSubject, server: ScriptedServer, baseUrl = server.url) {
    this.#subject = subject;
    this.server = server;
    const config = subject.config(baseUrl);
    assert.ok(Value.Check(subject.provider.config, config), "the settings do not fit the schema");
    this.gateway = subject.provider.create(config, {
      dispatcher: this.#dispatcher,
      sandbox: new SandboxInbox(),
      ...(subject.receiptUrl === undefined ? {} : { receiptUrl: subject.receiptUrl }),
      now: () => subject.now?.() ?? Date.now(),
    });
    this.mustHideSecrets(this.gateway);
  }

  static async start(subject: RigSubject, script: Script): Promise<Rig> {
    return new Rig(subject, await new ScriptedServer(script).listen());
  }

  /** One send; the result holds no secret, no number and no code. */
  async send(message: OutgoingMessage = gsm7Message, budget = AbortSignal.timeout(hangMs)): Promise<SendResult> {
    const result = await this.gateway.send(message, budget);
    this.mustHideSecrets(result);
    const text = inspect(result, { depth: 9 });
    for (const hidden of [message.to.slice(1), "482913"]) assert.ok(!text.includes(hidden), `${text} shows ${hidden}`);
    return result;
  }

  /** Nothing of the settings' secrets in what is logged, printed or inspected. */
  mustHideSecrets(value: unknown): void {
    for (const text of [JSON.stringify(value) ?? "", inspect(value, { depth: 9, showHidden: true })])
      for (const secret of this.#subject.secrets) assert.ok(!text.includes(secret), "a secret shows");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close?.();
    await this.#dispatcher.destroy();
    await this.server[Symbol.asyncDispose]();
  }
}
