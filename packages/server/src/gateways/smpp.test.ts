import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { inspect } from "node:util";
import { metadataConformance } from "@antryk/testkit/gateways/metadata-kit";
import { devanagariMessage, gsm7Message } from "@antryk/testkit/gateways/rig";
import { quietPort } from "@antryk/testkit/net/ports";
import { startService } from "@antryk/testkit/service";
import {
  type Answer,
  command,
  encodeDeliver,
  encodePdu,
  encodeTlv,
  type SmscOptions,
  type Submit,
  TestSmsc,
} from "@antryk/testkit/smsc";
import { hangMs, until } from "@antryk/testkit/until";
import Value from "typebox/value";
import type { Gateway, OutgoingMessage, Receipt, SendResult } from "./port.ts";
import { linkTimes, SmppLink } from "./smpp/link.ts";
import { provider } from "./smpp.ts";

const password = "smpp-pw-7d1f";

metadataConformance({
  provider,
  config: (baseUrl) => ({ url: baseUrl.replace("http:", "smpp:"), systemId: "antryk", password }),
  secrets: [password],
});

/** A gateway and its SMSC. */
class Bench implements AsyncDisposable {
  readonly receipts: Receipt[] = [];
  readonly smsc: TestSmsc;
  readonly gateway: Gateway;

  constructor(
    smsc: TestSmsc,
    config: Readonly<Record<string, string>> = {},
    onReceipts?: (receipts: readonly Receipt[]) => Promise<void>,
  ) {
    this.smsc = smsc;
    const settings = { url: `smpp://127.0.0.1:${smsc.port}`, systemId: "antryk", password, ...config };
    assert.ok(Value.Check(provider.config, settings), "the settings do not fit the schema");
    const take = onReceipts ?? (async (receipts: readonly Receipt[]) => void this.receipts.push(...receipts));
    this.gateway = provider.create(settings, { now: Date.now, onReceipts: take } as Parameters<
      typeof provider.create
    >[1]);
    assert.ok(!inspect(this.gateway, { depth: 9, showHidden: true }).includes(password));
  }

  static async start(options: SmscOptions = {}, config: Readonly<Record<string, string>> = {}): Promise<Bench> {
    return new Bench(await new TestSmsc(options).listen(), config);
  }

  async send(changes: Partial<OutgoingMessage> = {}, budget = new AbortController().signal): Promise<SendResult> {
    const message = { ...gsm7Message, ...changes };
    const result = await this.gateway.send(message, budget);
    const shown = inspect(result);
    for (const hidden of [password, message.to.slice(1), "482913"]) assert.ok(!shown.includes(hidden), shown);
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close?.();
    await this.smsc[Symbol.asyncDispose]();
  }
}

const answering = (answer: (submit: Submit, nth: number) => Answer, config?: Readonly<Record<string, string>>) =>
  Bench.start({ answer }, config);
const failed = (failure: string, ambiguous: boolean, detail: string) => ({
  outcome: "failed",
  class: failure,
  ambiguous,
  detail,
});

test("binds as transceiver of version 3.4 and submits with addresses, validity and alphabet", async () => {
  await using bench = await Bench.start({}, { from: "Acme", systemType: "OTP" });
  assert.deepEqual(await bench.send(), { outcome: "accepted", messageId: "1", segments: 1 });
  const [bind] = bench.smsc.received;
  assert.equal(bind?.id, command.bindTransceiver);
  assert.deepEqual(bind?.body, Buffer.from(`antryk\0${password}\0OTP\0\x34\0\0\0`, "latin1"));
  assert.deepEqual(bench.smsc.submits, [
    {
      from: "Acme",
      fromPlan: [5, 0],
      to: "919876543210",
      toPlan: [1, 1],
      esmClass: 0,
      validity: "000000001000000R",
      registered: 1,
      coding: 0,
      octets: Buffer.from(gsm7Message.text, "latin1"),
      tlvs: new Map(),
    },
  ]);
});

test("a Devanagari text goes as UCS-2, with the DLT ids as TLVs and the header as the sender", async () => {
  await using bench = await Bench.start({}, { from: "12345", dltChain: "c0ffee" });
  await bench.send(devanagariMessage);
  const [submit] = bench.smsc.submits;
  assert.equal(submit?.coding, 8);
  assert.equal(
    Buffer.from(submit?.octets ?? [])
      .swap16()
      .toString("utf16le"),
    devanagariMessage.text,
  );
  assert.deepEqual([submit?.from, submit?.fromPlan], ["ACMEIN", [5, 0]]);
  const tlvs = [...(submit?.tlvs ?? [])].map(([tag, value]) => [tag, value.toString("latin1")]);
  assert.deepEqual(tlvs, [
    [0x1400, devanagariMessage.dlt?.entityId],
    [0x1401, devanagariMessage.dlt?.templateId],
    [0x1402, "c0ffee"],
  ]);
});

const senders: readonly (readonly [config: Record<string, string>, from: string, plan: readonly number[]])[] = [
  [{}, "", [0, 0]],
  [{ from: "+14155550100" }, "14155550100", [1, 1]],
  [{ from: "14155550100" }, "14155550100", [1, 1]],
  [{ from: "57575" }, "57575", [0, 0]],
  [{ from: "57575", sourceTon: "3", sourceNpi: "8" }, "57575", [3, 8]],
];
for (const [config, from, plan] of senders) {
  test(`the sender of ${JSON.stringify(config)}`, async () => {
    await using bench = await Bench.start({}, { ...config, destinationTon: "2", destinationNpi: "0", validity: "off" });
    await bench.send();
    const [submit] = bench.smsc.submits;
    assert.deepEqual([submit?.from, submit?.fromPlan, submit?.toPlan, submit?.validity], [from, plan, [2, 0], ""]);
  });
}

/** Of a gateway whose own sender has these settings, the plan of what is named for a message. */
const namedSenders: typeof senders = [
  [{ from: "+14155550100", sourceTon: "2", sourceNpi: "8" }, "ACMEIN", [5, 0]],
  [{ from: "+14155550100", sourceTon: "2", sourceNpi: "8" }, "57575", [0, 0]],
  [{ from: "+14155550100", sourceTon: "2", sourceNpi: "8" }, "+4915112345678", [2, 8]],
  [{ from: "Acme", sourceTon: "5", sourceNpi: "1" }, "+4915112345678", [1, 1]],
  [{ from: "Acme" }, "Acme Shop", [5, 0]],
  [{ sourceTon: "0", sourceNpi: "1" }, "ACMEIN", [0, 1]],
];
for (const [config, sender, plan] of namedSenders) {
  test(`a message from ${sender} through a gateway of ${JSON.stringify(config)}`, async () => {
    await using bench = await Bench.start({}, config);
    await bench.send({ sender });
    const [submit] = bench.smsc.submits;
    assert.deepEqual([submit?.from, submit?.fromPlan], [sender.replace("+", ""), plan]);
  });
}

test("the header of DLT goes before another sender, with the plan of a name", async () => {
  await using bench = await Bench.start({}, { from: "+14155550100", sourceTon: "1", sourceNpi: "1" });
  await bench.send({ ...devanagariMessage, sender: "OTHER" });
  const [submit] = bench.smsc.submits;
  assert.deepEqual([submit?.from, submit?.fromPlan], ["ACMEIN", [5, 0]]);
});

test("the longest validity and an IPv6 address fit", () => {
  const settings = { url: "smpps://[::1]:3550", systemId: "a", password: "b", validity: "1399", window: "1000" };
  assert.ok(Value.Check(provider.config, settings));
  for (const wrong of [
    { validity: "1440" },
    { window: "0" },
    { url: "http://smsc" },
    { url: "smpp://a:b@smsc" },
    { concatenation: "x" },
  ])
    assert.ok(!Value.Check(provider.config, { ...settings, ...wrong }), JSON.stringify(wrong));
});

test("metadata: fields and schema name the same settings, and agree on which are required", () => {
  assert.deepEqual(provider.fields.map(({ name }) => name).sort(), Object.keys(provider.config.properties).sort());
  const required = provider.fields.filter((field) => field.required).map(({ name }) => name);
  assert.deepEqual(required.sort(), [...(provider.config.required as string[])].sort());
  assert.deepEqual(
    provider.fields.filter(({ secret }) => secret).map(({ name }) => name),
    ["password"],
  );
});

for (const [concatenation, tlv, header] of [
  ["udh", undefined, 6],
  ["sar", 0x20c, 0],
] as const) {
  test(`a long text is several messages of one reference: ${concatenation}`, async () => {
    await using bench = await Bench.start({}, { concatenation });
    const text = `482913 ${"x".repeat(400)}`;
    assert.deepEqual(await bench.send({ text }), { outcome: "accepted", messageId: "1", segments: 3 });
    const { submits } = bench.smsc;
    assert.equal(Buffer.concat(submits.map(({ octets }) => octets.subarray(header))).toString("latin1"), text);
    const references = submits.map(({ octets, tlvs }) =>
      tlv ? tlvs.get(tlv)?.toString("hex") : octets.subarray(0, 4).toString("hex"),
    );
    assert.equal(new Set(references).size, 1);
    assert.deepEqual(
      submits.map(({ registered }) => registered),
      [1, 0, 0],
    );
    await bench.send({ text });
    assert.notDeepEqual(
      submits[3]?.octets.subarray(0, 4).toString("hex") + String(submits[3]?.tlvs.get(0x20c)?.toString("hex")),
      submits[0]?.octets.subarray(0, 4).toString("hex") + String(submits[0]?.tlvs.get(0x20c)?.toString("hex")),
    );
  });
}

test("a long text of which some parts are taken is of unknown outcome; one refused whole is refused", async () => {
  const text = "x".repeat(400);
  await using some = await answering((_, nth) => (nth === 2 ? 0x58 : { id: String(nth) }));
  assert.deepEqual(
    await some.send({ text }),
    failed("rate_limited", true, "command_status 0x00000058 ESME_RTHROTTLED"),
  );
  await using none = await answering(() => 0x0b);
  assert.deepEqual(
    await none.send({ text }),
    failed("invalid_recipient", false, "command_status 0x0000000b ESME_RINVDSTADR"),
  );
});

const statuses: readonly (readonly [status: number, failure: string, name: string])[] = [
  [0x01, "rejected", "ESME_RINVMSGLEN"],
  [0x04, "unavailable", "ESME_RINVBNDSTS"],
  [0x08, "unavailable", "ESME_RSYSERR"],
  [0x0a, "rejected", "ESME_RINVSRCADR"],
  [0x0b, "invalid_recipient", "ESME_RINVDSTADR"],
  [0x0e, "auth", "ESME_RINVPASWD"],
  [0x14, "rate_limited", "ESME_RMSGQFUL"],
  [0x45, "unavailable", "ESME_RSUBMITFAIL"],
  [0x50, "rejected", "ESME_RINVDSTTON"],
  [0x58, "rate_limited", "ESME_RTHROTTLED"],
  [0x62, "rejected", "ESME_RINVEXPIRY"],
  [0x64, "unavailable", "ESME_RX_T_APPN"],
  [0xc3, "rejected", "ESME_RMISSINGOPTPARAM"],
  [0xff, "unknown", "ESME_RUNKNOWNERR"],
  [0x401, "rejected", "of the SMSC's own"],
];
for (const [status, failure, name] of statuses) {
  test(`command_status ${name} is ${failure}`, async () => {
    await using bench = await answering(() => status);
    const detail = `command_status 0x${status.toString(16).padStart(8, "0")} ${name}`;
    assert.deepEqual(await bench.send(), failed(failure, false, detail));
  });
}

test("generic_nack is a refusal; an acceptance without an id is an acceptance", async () => {
  await using bench = await answering(() => "nothing");
  const nacked = bench.send();
  await until(() => bench.smsc.submits.length === 1, { what: "the message is there" });
  bench.smsc.write(encodePdu(command.genericNack, 2, 2));
  assert.deepEqual(await nacked, failed("rejected", false, "command_status 0x00000002 ESME_RINVCMDLEN"));
  bench.smsc.answer = () => ({ id: "" });
  assert.deepEqual(await bench.send(), { outcome: "accepted", segments: 1 });
});

test("no response within the budget is an unknown outcome, and the late one does no harm", async () => {
  await using bench = await answering((_, nth) => (nth === 1 ? { id: "bound" } : "nothing"));
  await bench.send();
  const budget = new AbortController();
  const unanswered = bench.send({}, budget.signal);
  await until(() => bench.smsc.submits.length === 2, { what: "the second message is there" });
  budget.abort();
  assert.deepEqual(await unanswered, failed("timeout", true, "SMPP: no response in time"));
  bench.smsc.write(encodePdu(command.submitSm + 0x8000_0000, 0, 3, Buffer.from("late\0")));
  bench.smsc.answer = () => ({ id: "next" });
  assert.deepEqual(await bench.send(), { outcome: "accepted", messageId: "next", segments: 1 });
  assert.equal(bench.smsc.submits.length, 3);
});

test("a cut before the response is an unknown outcome, and the message is not submitted again", async () => {
  await using bench = await answering(() => "cut");
  assert.deepEqual(await bench.send(), failed("unknown", true, "SMPP: the connection was lost before the response"));
  bench.smsc.answer = (_, nth) => ({ id: String(nth) });
  await until(() => bench.smsc.countOf(command.bindTransceiver) === 2, { what: "another bind" });
  assert.deepEqual(await bench.send(), { outcome: "accepted", messageId: "2", segments: 1 });
});

test("a refused connection, and an SMSC that is down, are refusals at once", async () => {
  const port = await quietPort();
  const gateway = provider.create({ url: `smpp://127.0.0.1:${port}`, systemId: "a", password }, {
    now: Date.now,
  } as never);
  assert.deepEqual(
    await gateway.send(gsm7Message, new AbortController().signal),
    failed("unavailable", false, "SMPP: ECONNREFUSED"),
  );
  assert.deepEqual(
    await gateway.send(gsm7Message, new AbortController().signal),
    failed("unavailable", false, "SMPP: ECONNREFUSED"),
  );
  await using back = await new TestSmsc().listen(port);
  await until(() => back.countOf(command.bindTransceiver) === 1, { what: "a bind" });
  assert.equal((await gateway.send(gsm7Message, new AbortController().signal)).outcome, "accepted");
  await gateway.close?.();
});

test("a bind that is refused is auth, without a message written", async () => {
  await using bench = await Bench.start({ bindStatus: () => 0x0e });
  assert.deepEqual(await bench.send(), failed("auth", false, "command_status 0x0000000e ESME_RINVPASWD"));
  assert.equal(bench.smsc.submits.length, 0);
});

test("what is no SMPP is a refusal", async () => {
  await using bench = await Bench.start({});
  bench.smsc.onPdu = () => bench.smsc.write(Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const result = await bench.send();
  assert.ok(result.outcome === "failed" && !result.ambiguous && result.class === "unavailable", inspect(result));
});

test("the window is never overrun, and everything is answered", async () => {
  let open = 0;
  let most = 0;
  const held: number[] = [];
  await using bench = await answering(() => "nothing", { window: "7" });
  bench.smsc.onPdu = ({ id, sequence }) => {
    if (id !== command.submitSm) return;
    most = Math.max(most, ++open);
    held.push(sequence);
  };
  const sends = Array.from({ length: 100 }, () => bench.send());
  let done = false;
  const all = Promise.all(sends).finally(() => (done = true));
  const answerHeld = (): boolean => {
    for (const sequence of held.splice(0).reverse()) {
      open -= 1;
      bench.smsc.write(encodePdu(command.submitSm + 0x8000_0000, 0, sequence, Buffer.from(`${sequence}\0`)));
    }
    return done;
  };
  await until(answerHeld, { what: () => `all are answered; ${open} wait`, everyMs: 2 });
  assert.ok((await all).every(({ outcome }) => outcome === "accepted"));
  assert.equal(new Set((await all).map((result) => result.outcome === "accepted" && result.messageId)).size, 100);
  assert.equal(most, 7);
});

test("an SMSC that takes the connection and never answers the bind: a refusal when the budget ends", async () => {
  await using smsc = await new TestSmsc({ bindStatus: () => "nothing" }).listen();
  await using link = fastLink(smsc, { connect: hangMs, wait: hangMs });
  const budget = new AbortController();
  const result = link.submit(submit, budget.signal);
  await until(() => smsc.countOf(command.bindTransceiver) === 1, { what: "a bind" });
  budget.abort();
  assert.deepEqual(await result, failed("timeout", false, "SMPP: not bound in time"));
});

test("a bind that is never answered is given up, and another one is made", async () => {
  await using smsc = await new TestSmsc({ bindStatus: () => "nothing" }).listen();
  await using _link = fastLink(smsc, { connect: 50, backOff: 1 });
  await until(() => smsc.countOf(command.bindTransceiver) >= 2, { what: "another bind" });
});

test("what waits for the window when its budget ends was never written: a refusal", async () => {
  await using bench = await answering((_, nth) => (nth === 1 ? { id: "bound" } : "nothing"), { window: "1" });
  await bench.send();
  const [firstBudget, secondBudget] = [new AbortController(), new AbortController()];
  const first = bench.send({}, firstBudget.signal);
  await until(() => bench.smsc.submits.length === 2, { what: "the first message is there" });
  const second = bench.send({}, secondBudget.signal);
  secondBudget.abort();
  assert.deepEqual(await second, failed("timeout", false, "SMPP: no place in the window in time"));
  firstBudget.abort();
  assert.deepEqual(await first, failed("timeout", true, "SMPP: no response in time"));
  assert.equal(bench.smsc.submits.length, 2);
  // So that closing need not wait for the answer.
  bench.smsc.cut();
});

test("cuts under load: what was accepted is with the SMSC, once; nothing else was reported", async () => {
  let cuts = 0;
  await using bench = await answering((_, nth) => (nth % 700 === 0 && cuts++ < 3 ? "cut" : { id: `m${nth}` }), {
    window: "50",
  });
  const texts = Array.from({ length: 3_000 }, (_, index) => `text ${index}`);
  const results = new Map<string, SendResult>();
  let refused = 0;
  const sendUntilWritten = async (text: string): Promise<void> => {
    for (let result = await bench.send({ text }); ; result = await bench.send({ text })) {
      results.set(text, result);
      if (result.outcome === "accepted" || result.ambiguous) return;
      refused += 1;
      await sleep(20);
    }
  };
  const workers = Array.from({ length: 80 }, async () => {
    for (let text = texts.pop(); text !== undefined; text = texts.pop()) await sendUntilWritten(text);
  });
  await Promise.all(workers);
  const arrived = new Map<string, number>();
  for (const { octets } of bench.smsc.submits)
    arrived.set(octets.toString(), (arrived.get(octets.toString()) ?? 0) + 1);
  const ids = new Set(bench.smsc.taken);
  let unknown = 0;
  for (const [text, result] of results) {
    assert.ok((arrived.get(text) ?? 0) <= 1, `${text} arrived twice`);
    if (result.outcome === "failed") unknown += 1;
    else
      assert.ok(arrived.get(text) === 1 && ids.has(result.messageId ?? ""), `${text} was accepted and did not arrive`);
  }
  assert.equal(results.size, 3_000);
  assert.ok(unknown >= 3 && unknown <= 150 && refused > 0, `${unknown} unknown, ${refused} refused`);
  assert.equal(bench.smsc.countOf(command.bindTransceiver), 4);
});

test("a receipt is reported and answered; one that can't be stored is asked for again", async () => {
  const body = encodeDeliver(
    4,
    Buffer.from("id:77 sub:001 dlvrd:001 submit date:2611230601 done date:2611230602 stat:UNDELIV err:027 Text:x"),
  );
  await using bench = await Bench.start();
  await bench.send();
  bench.smsc.deliver(body);
  bench.smsc.deliver(encodeDeliver(0, Buffer.from("STOP")));
  await until(() => bench.smsc.countOf(command.deliverSm + 0x8000_0000) === 2, { what: "both are answered" });
  assert.deepEqual(bench.receipts, [{ messageId: "77", status: "undelivered", code: "UNDELIV 027" }]);

  await using full = new Bench(await new TestSmsc().listen(), {}, async () => {
    throw new Error("the store is away");
  });
  await full.send();
  full.smsc.deliver(body);
  await until(() => full.smsc.countOf(command.deliverSm + 0x8000_0000) === 1, { what: "the receipt is answered" });
  assert.equal(full.smsc.received.at(-1)?.status, 0x64);
});

test("a receipt is answered when it has been stored, and not on another connection", async () => {
  const stored: (() => void)[] = [];
  const storing = () => new Promise<void>((resolve) => stored.push(resolve));
  await using bench = new Bench(await new TestSmsc().listen(), {}, storing);
  await bench.send();
  const answers = () => bench.smsc.countOf(command.deliverSm + 0x8000_0000);
  const receipt = encodeDeliver(4, Buffer.from("id:77 stat:DELIVRD err:000"));
  bench.smsc.deliver(receipt);
  await until(() => stored.length === 1, { what: "the receipt is being stored" });
  await bench.send();
  assert.equal(answers(), 0, "a message went back and forth, and it is not answered yet");
  stored[0]?.();
  await until(() => answers() === 1, { what: "the receipt is answered" });

  bench.smsc.deliver(receipt);
  await until(() => stored.length === 2, { what: "the receipt is being stored" });
  bench.smsc.cut();
  await until(() => bench.smsc.countOf(command.bindTransceiver) === 2, { what: "another bind" });
  stored[1]?.();
  await bench.send();
  assert.equal(answers(), 1);
});

test("no receipt is asked for if nothing takes them", async () => {
  await using smsc = await new TestSmsc().listen();
  const gateway = provider.create({ url: `smpp://127.0.0.1:${smsc.port}`, systemId: "a", password }, {
    now: Date.now,
  } as never);
  await gateway.send(gsm7Message, new AbortController().signal);
  assert.equal(smsc.submits[0]?.registered, 0);
  await gateway.close?.();
});

test("answers enquire_link and unbind, refuses what it does not know, ignores alert_notification", async () => {
  await using bench = await Bench.start();
  await bench.send();
  bench.smsc.write(
    Buffer.concat([
      encodePdu(command.enquireLink, 0, 901),
      encodePdu(0x0102, 0, 902, Buffer.from([1, 1, 65, 0, 1, 1, 66, 0])),
    ]),
  );
  bench.smsc.write(encodePdu(0x7777, 0, 903));
  await until(() => bench.smsc.received.some(({ sequence }) => sequence === 903), {
    what: "the unknown command is answered",
  });
  const answers = bench.smsc.received
    .filter(({ sequence }) => sequence > 900)
    .map(({ id, status, sequence }) => [id, status, sequence]);
  assert.deepEqual(answers, [
    [command.enquireLink + 0x8000_0000, 0, 901],
    [command.genericNack, 3, 903],
  ]);
  bench.smsc.write(encodePdu(command.unbind, 0, 904));
  await until(() => bench.smsc.countOf(command.bindTransceiver) === 2, { what: "another bind" });
  assert.equal(bench.smsc.countOf(command.unbind + 0x8000_0000), 1);
});

test("close waits for what is unanswered, unbinds, and takes nothing more", async () => {
  await using smsc = await new TestSmsc({ answer: () => "nothing" }).listen();
  await using link = fastLink(smsc, { unbind: hangMs });
  const last = link.submit(submit, new AbortController().signal);
  await until(() => smsc.submits.length === 1, { what: "the message is there" });
  const closing = link.close();
  // What the link writes after this answer comes after it.
  smsc.write(encodePdu(command.enquireLink, 0, 901));
  await until(() => smsc.received.some(({ sequence }) => sequence === 901), {
    what: "the link answers while it closes",
  });
  assert.equal(smsc.countOf(command.unbind), 0);
  smsc.write(encodePdu(command.submitSm + 0x8000_0000, 0, 2, Buffer.from("9\0")));
  assert.deepEqual(await last, { outcome: "taken", messageId: "9" });
  await closing;
  assert.equal(smsc.countOf(command.unbind), 1);
  const refused = await link.submit(submit, new AbortController().signal);
  assert.deepEqual(refused, failed("unavailable", false, "SMPP: the link is closed"));
  await until(() => smsc.connections === 0, { what: "the connection ends" });
});

test("a deliver_sm whose parts can't be read is refused for good, and the link goes on", async () => {
  await using bench = await Bench.start();
  await bench.send();
  const resp = command.deliverSm + 0x8000_0000;
  const good = encodeDeliver(4, Buffer.from("id:77 stat:DELIVRD err:000"));
  const whole = encodePdu(command.deliverSm, 0, 1, good);
  const { default: library } = await import("smpp");
  const { tlv } = library.types;
  const sizes = new Map([
    [tlv.int8, 1],
    [tlv.int16, 2],
    [tlv.int32, 4],
  ]);
  const bad: [what: string, bytes: Buffer, status: number][] = [];
  for (const [tag, definition] of Object.entries(library.tlvsById)) {
    const size = definition && sizes.get(definition.type);
    if (size === undefined) continue;
    for (const length of [0, 1, 2, 3, 4, 5, 8].filter((each) => each !== size)) {
      const body = Buffer.concat([good, encodeTlv(Number(tag), Buffer.alloc(length, 1))]);
      bad.push([`TLV ${tag} of ${length} octets`, encodePdu(command.deliverSm, 0, 0, body), 0xc2]);
    }
    const cut = Buffer.concat([good, encodeTlv(Number(tag), Buffer.alloc(size, 1))]);
    for (let end = good.length + 1; end < cut.length; end += 1)
      bad.push([`TLV ${tag} cut off`, encodePdu(command.deliverSm, 0, 0, cut.subarray(0, end)), 0xc0]);
  }
  const lying = Buffer.from(good);
  lying.writeUInt8(255, good.length - "id:77 stat:DELIVRD err:000".length - 1);
  bad.push(["sm_length beyond the end", encodePdu(command.deliverSm, 0, 0, lying), 2]);
  bad.push(["no end of a text", encodePdu(command.deliverSm, 0, 0, Buffer.from("no end")), 2]);
  for (const [index, [, bytes]] of bad.entries()) bytes.writeUInt32BE(1_000 + index, 12);
  // Together, and the last ones in single octets.
  const all = Buffer.concat([...bad.map(([, bytes]) => bytes), whole]);
  bench.smsc.write(all.subarray(0, all.length - 50));
  for (let at = all.length - 50; at < all.length; at += 1) bench.smsc.write(all.subarray(at, at + 1));

  await until(() => bench.receipts.length === 1, { what: "the good one is reported" });
  await until(() => bench.smsc.countOf(resp) === bad.length + 1, { what: "each is answered" });
  const statuses = new Map(
    bench.smsc.received.filter(({ id }) => id === resp).map(({ sequence, status }) => [sequence, status]),
  );
  for (const [index, [what, , status]] of bad.entries()) assert.equal(statuses.get(1_000 + index), status, what);
  assert.equal(statuses.get(1), 0);
  assert.deepEqual(bench.receipts, [{ messageId: "77", status: "delivered" }]);
  assert.equal((await bench.send()).outcome, "accepted");
  assert.equal(bench.smsc.countOf(command.bindTransceiver), 1, "on the same link");
});

test("a length that no PDU has ends the connection, and another one is made", async () => {
  for (const length of [0, 4, 15, 0x7fff_ffff, 0xffff_ffff]) {
    await using smsc = await new TestSmsc().listen();
    await using link = fastLink(smsc, { backOff: 1, backOffMost: 2 });
    const taken = async () => (await link.submit(submit, new AbortController().signal)).outcome === "taken";
    await until(taken, { what: "a message is taken" });
    const bytes = encodePdu(command.deliverSm, 0, 1);
    bytes.writeUInt32BE(length, 0);
    smsc.write(bytes);
    await until(() => smsc.countOf(command.bindTransceiver) === 2, { what: "another bind" });
    await until(taken, { what: "a message is taken" });
  }
});

test("bytes of every kind from the SMSC break nothing: the link comes back and sends", async () => {
  // Our own generator (mulberry32), so that a failure can be seen again.
  let seed = 20261123;
  const random = (below: number): number => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
  const receipt = encodePdu(
    command.deliverSm,
    0,
    7,
    encodeDeliver(4, Buffer.from("id:1 stat:DELIVRD err:000"), [[0x1e, Buffer.from("1\0")]]),
  );
  await using smsc = await new TestSmsc().listen();
  await using link = fastLink(smsc, { connect: 2_000, backOff: 1, backOffMost: 2, response: 1_000, enquireLink: 50 });
  for (let round = 0; round < 150; round += 1) {
    const bytes = Buffer.from(receipt);
    for (let changes = random(6); changes >= 0; changes -= 1) bytes[random(bytes.length)] = random(256);
    // Mostly a length that fits, so that what follows it is read.
    if (random(4) > 0) bytes.writeUInt32BE(bytes.length, 0);
    if (random(4) === 0)
      bytes.writeUInt32BE([4, 5, 6, 9, 0x15, 0x103, 0x8000_0004, 0x8000_0000, 0x8000_0015][random(9)] ?? 0, 4);
    smsc.write(bytes.subarray(0, 1 + random(bytes.length)));
    const cut = random(3) === 0;
    await sleep(cut ? 3 : 0);
    if (cut) smsc.cut();
  }
  const taken = async () => (await link.submit(submit, new AbortController().signal)).outcome === "taken";
  await until(taken, { what: "a message is taken" });
});

test("a service sends its codes over SMPP, and they verify", async () => {
  await using smsc = await new TestSmsc().listen();
  const config = { url: `smpp://127.0.0.1:${smsc.port}`, systemId: "antryk", password, from: "Acme" };
  await using service = await startService({ service: { provider: "smpp", config } });
  const { to } = gsm7Message;
  assert.equal((await service.post("send-otp", { to })).status, 200);
  const [code] = /\d{6}/.exec(smsc.submits[0]?.octets.toString("latin1") ?? "") ?? [];
  const verified = await service.post("verify-otp", { to, otp: code });
  assert.equal(verified.body.data.valid, true);

  smsc.answer = () => 0x0b;
  const refused = await service.post("send-otp", { to: "+919876543211" });
  assert.deepEqual([refused.status, refused.body.errors[0].type], [400, "invalid_recipient"]);
  const log = service.logLines.join("\n");
  for (const secret of [password, String(code), to]) assert.ok(!log.includes(secret), secret);
});

/** A link with short times. */
function fastLink(smsc: TestSmsc, times: Partial<typeof linkTimes>): SmppLink {
  const bind = { system_id: "a", password };
  return new SmppLink({ host: "127.0.0.1", port: smsc.port, bind, window: 5, times, onDeliver: async () => undefined });
}
const submit = { destination_addr: "1", short_message: Buffer.from("x") };

test("the documented times", () => {
  assert.deepEqual(linkTimes, {
    connect: 5_000,
    response: 10_000,
    wait: 5_000,
    enquireLink: 30_000,
    backOff: 500,
    backOffMost: 30_000,
    steady: 5_000,
    unbind: 2_000,
  });
});

test("silence is asked with enquire_link", async () => {
  await using smsc = await new TestSmsc().listen();
  await using _link = fastLink(smsc, { enquireLink: 40, response: hangMs });
  await until(() => smsc.countOf(command.enquireLink) >= 3, { what: "three enquire_link" });
  assert.equal(smsc.countOf(command.bindTransceiver), 1);
});

test("an enquire_link that is not answered ends the connection", async () => {
  await using smsc = await new TestSmsc({ enquired: () => false }).listen();
  await using _link = fastLink(smsc, { enquireLink: 40, response: 60, backOff: 1 });
  await until(() => smsc.countOf(command.bindTransceiver) >= 2, { what: "another bind" });
  assert.ok(smsc.countOf(command.enquireLink) >= 1);
});

test("a message that is never answered ends by the response time", async () => {
  await using smsc = await new TestSmsc({ answer: () => "nothing" }).listen();
  await using link = fastLink(smsc, { response: 60, backOff: 1, backOffMost: 2 });
  // On a machine that stands still for a moment the connection is given up before the message is.
  const timedOut = async (): Promise<boolean> => {
    const result = await link.submit(submit, new AbortController().signal);
    return result.outcome === "failed" && result.ambiguous && result.class === "timeout";
  };
  await until(timedOut, { what: "a message ends by the response time" });
});

test("after each failure, and after a connection that was bound, it connects again", async () => {
  let status = 0x0d;
  await using smsc = await new TestSmsc({ bindStatus: () => status }).listen();
  await using link = fastLink(smsc, { backOff: 1, backOffMost: 2 });
  await until(() => smsc.countOf(command.bindTransceiver) >= 5, { what: "five binds" });
  status = 0;
  const taken = async () => (await link.submit(submit, new AbortController().signal)).outcome === "taken";
  await until(taken, { what: "a message is taken" });
  smsc.cut();
  await until(taken, { what: "a message is taken again" });
});

test("TLS: a certificate of the given authority is taken, any other refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-smpp-"));
  try {
    const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    execFileSync(
      "openssl",
      ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", ...subject],
      {
        stdio: "ignore",
      },
    );
    const ca = readFileSync(cert, "utf8");
    const smsc = await new TestSmsc({ tls: { key: readFileSync(key), cert: ca } }).listen();
    await using trusting = new Bench(smsc, { url: `smpps://localhost:${smsc.port}`, ca });
    assert.equal((await trusting.send()).outcome, "accepted");
    const strict = new Bench(smsc, { url: `smpps://localhost:${smsc.port}` });
    assert.deepEqual(await strict.send(), failed("unavailable", false, "SMPP: DEPTH_ZERO_SELF_SIGNED_CERT"));
    const broken = new Bench(smsc, { url: `smpps://localhost:${smsc.port}`, ca: "-----BEGIN CERTIFICATE-----\nx" });
    const result = await broken.send();
    assert.ok(result.outcome === "failed" && !result.ambiguous, inspect(result));
    await Promise.all([strict.gateway.close?.(), broken.gateway.close?.()]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
