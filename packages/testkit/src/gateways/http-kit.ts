/**
 * What every gateway that speaks HTTP must pass. A gateway's test file describes it in tables and calls
 * `httpGatewayConformance`; this registers the named tests. Real sockets, no mocks.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import type { Accepted, FailureClass, OutgoingMessage } from "../../../server/src/gateways/port.ts";
import { metadataConformance } from "./metadata-kit.ts";
import { type ReceiptExpectations, receiptConformance } from "./receipt-kit.ts";
import { devanagariMessage, gsm7Message, Rig, type RigSubject } from "./rig.ts";
import { reply, type WireRequest } from "./scripted-server.ts";
import { transportConformance } from "./transport-kit.ts";

/** The request that a message must become. */
export interface ExpectedRequest {
  readonly method: string;
  /** Path and query; a function if the message is in them. */
  readonly path: string | ((message: OutgoingMessage) => string);
  /** All headers but `host`, `connection` and `content-length`; a RegExp for what differs each time. */
  readonly headers: Readonly<Record<string, string | RegExp>>;
  /** The body of `gsm7Message`, by content type: JSON; an object of form fields; else text; `undefined` if empty. */
  readonly gsm7: unknown;
  /** The body of `devanagariMessage`. */
  readonly devanagari: unknown;
}

/** A reply and what it means. */
export interface AcceptedReply {
  readonly name: string;
  readonly status: number;
  readonly body: string | object;
  readonly result: Accepted;
}

/** A documented refusal and what it means. */
export interface RefusedReply {
  readonly name: string;
  readonly status: number;
  readonly body: string | object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly class: FailureClass;
  /** False if left out. */
  readonly ambiguous?: boolean;
  readonly retryAfterMs?: number;
  /** Compared if given. */
  readonly detail?: string | RegExp;
}

/** A gateway, described for the kit. */
export interface HttpGatewayExpectations extends RigSubject {
  readonly request: ExpectedRequest;
  /** The first is the ordinary success. */
  readonly accepted: readonly AcceptedReply[];
  readonly refused: readonly RefusedReply[];
  /** 2xx replies of this gateway that leave the outcome unknown. HTML, empty, `{}` and the like are always tested. */
  readonly unmarked?: readonly { readonly name: string; readonly status: number; readonly body: string | object }[];
  /** Only if the gateway documents that any 2xx is acceptance, whatever the body: the sentence that says so. */
  readonly any2xxIsAcceptance?: string;
  /** Only if the gateway never answers 502 itself, so that a 502 is a proxy's: the sentence that says so. */
  readonly lostBy502?: string;
  /** Only if `capabilities.receipts`. */
  readonly receipts?: ReceiptExpectations;
}

/** Registers the tests of a gateway. */
export function httpGatewayConformance(gateway: HttpGatewayExpectations): void {
  metadataConformance(gateway);
  requestConformance(gateway);
  senderConformance(gateway);
  replyConformance(gateway);
  transportConformance(gateway);
  receiptConformance(gateway, gateway.receipts);
}

function requestConformance(gateway: HttpGatewayExpectations): void {
  const { request, accepted } = gateway;
  const [success] = accepted;
  assert.ok(success, "a gateway needs a success");
  const golden = (message: OutgoingMessage, body: unknown) => async () => {
    await using rig = await Rig.start(gateway, reply(success.status, success.body));
    assert.deepEqual(await rig.send(message), success.result);
    assert.equal(rig.server.requests.length, 1);
    const [sent] = rig.server.requests;
    assert.ok(sent);
    const path = typeof request.path === "string" ? request.path : request.path(message);
    assert.deepEqual({ method: sent.method, path: sent.path }, { method: request.method, path });
    mustMatchHeaders(sent.headers, request.headers);
    assert.deepEqual(parseBody(sent), body);
  };
  test("golden request: GSM-7 text", golden(gsm7Message, request.gsm7));
  test("golden request: Devanagari text", golden(devanagariMessage, request.devanagari));
}

/** A provider without senders ignores them; `antryk service update` refuses them. */
function senderConformance(gateway: HttpGatewayExpectations): void {
  const { provider, accepted } = gateway;
  const [success] = accepted;
  assert.ok(success, "a gateway needs a success");
  const { sender } = provider;
  if (!sender) return;
  const settings = gateway.config("http://127.0.0.1:9");
  const own = sender.setting === undefined ? undefined : settings[sender.setting];
  const sent = async (message: OutgoingMessage): Promise<string> => {
    await using rig = await Rig.start(gateway, reply(success.status, success.body));
    assert.equal((await rig.send(message)).outcome, "accepted");
    const [request] = rig.server.requests;
    return `${request?.path} ${request?.body}`;
  };
  test("sender: one that is named for the message goes in place of the gateway's own", async () => {
    const named = "Kit4Sender";
    const request = await sent({ ...gsm7Message, sender: named });
    assert.ok(request.includes(named), request);
    // A name that the text says as well can't be told from it.
    if (typeof own === "string" && !gsm7Message.text.includes(own))
      assert.ok(!request.includes(encodeURIComponent(own)), request);
  });
  test("sender: India's header goes before it, if the gateway passes headers on", async () => {
    const request = await sent({ ...devanagariMessage, sender: "Kit4Sender" });
    assert.equal(request.includes("Kit4Sender"), provider.dlt === undefined);
    if (provider.dlt) assert.ok(request.includes(devanagariMessage.dlt?.header ?? "no header"), request);
  });
}

function mustMatchHeaders(sent: WireRequest["headers"], expected: ExpectedRequest["headers"]): void {
  const unsaid = new Set(["host", "connection", "content-length"]);
  const shown = Object.entries(sent).filter(([name]) => !unsaid.has(name));
  const matched = shown.map(([name, value]) => {
    const wanted = expected[name];
    return [name, wanted instanceof RegExp && wanted.test(value) ? wanted : value];
  });
  assert.deepEqual(Object.fromEntries(matched), expected);
}

/** A body as its content type reads it. */
export function parseBody({ headers, body }: WireRequest): unknown {
  const text = body.toString("utf8");
  const type = headers["content-type"] ?? "";
  if (/^application\/([\w.]+\+)?(x-amz-)?json/.test(type)) return JSON.parse(text);
  if (!type.startsWith("application/x-www-form-urlencoded")) return text === "" ? undefined : text;
  const form = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(form.keys())].map((name) => [name, form.getAll(name).length > 1 ? form.getAll(name) : form.get(name)]),
  );
}

function replyConformance(gateway: HttpGatewayExpectations): void {
  for (const { name, status, body, result } of gateway.accepted) {
    test(`accepted: ${name}`, async () => {
      await using rig = await Rig.start(gateway, reply(status, body));
      assert.deepEqual(await rig.send(), result);
    });
  }
  for (const { name, status, body, headers, detail, ...expected } of gateway.refused) {
    test(`refused: ${name}`, async () => {
      await using rig = await Rig.start(gateway, reply(status, body, headers));
      const result = await rig.send();
      assert.ok(result.outcome === "failed", inspect(result));
      assert.deepEqual(
        { class: result.class, ambiguous: result.ambiguous, retryAfterMs: result.retryAfterMs },
        { class: expected.class, ambiguous: expected.ambiguous ?? false, retryAfterMs: expected.retryAfterMs },
      );
      assert.ok(result.detail.length <= 120, result.detail);
      if (detail instanceof RegExp) assert.match(result.detail, detail);
      else if (detail !== undefined) assert.equal(result.detail, detail);
      assert.equal(rig.server.requests.length, 1);
    });
  }
  for (const { name, status, body } of gateway.unmarked ?? []) {
    test(`unknown outcome: ${name}`, async () => {
      await using rig = await Rig.start(gateway, reply(status, body));
      const result = await rig.send();
      assert.ok(result.outcome === "failed" && result.ambiguous, inspect(result));
    });
  }
}
