/** Receipts that a gateway tells before the send that they are of has been stored. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startService, type TestService } from "@antryk/testkit/service";
import { command, encodeDeliver, encodePdu, TestSmsc } from "@antryk/testkit/smsc";
import { until } from "@antryk/testkit/until";
import { newGateway } from "../administration/gateways.ts";
import { createLog } from "../observe/log.ts";
import type { Store } from "../store/port.ts";
import { ReceiptDesk } from "./receipt-desk.ts";

const to = "+919876543210";

/** A service whose messages go to this SMSC. */
async function startWith(smsc: TestSmsc): Promise<TestService> {
  const service = await startService({ service: { routes: [{ match: "*", gateways: ["smsc"], failoverOnTimeout: false }] } });
  const settings = { url: `smpp://127.0.0.1:${smsc.port}`, systemId: "a", password: "b" };
  const made = newGateway(
    { name: "smsc", provider: "smpp", settings, maxConcurrent: null, maxPerSecond: null },
    service.keyring,
    service.store.now(),
  );
  assert.ok(made.kind === "gateway");
  await service.store.createGateway(made.gateway);
  return service;
}

test("a receipt that comes with the response reaches the timeline", async () => {
  await using smsc = await new TestSmsc({ answer: () => "nothing" }).listen();
  smsc.onPdu = ({ id, sequence }) => {
    if (id !== command.submitSm) return;
    const response = encodePdu(command.submitSm + 0x8000_0000, 0, sequence, Buffer.from("77\0"));
    const receipt = encodePdu(command.deliverSm, 0, 1, encodeDeliver(4, Buffer.from("id:77 stat:DELIVRD err:000")));
    smsc.write(Buffer.concat([response, receipt]));
  };
  await using service = await startWith(smsc);
  const sent = await service.post("send-otp", { to });
  assert.equal(sent.status, 200);
  const delivered = async (): Promise<boolean> => {
    const record = await service.store.findVerification(service.accountId, sent.body.data.verificationId);
    return record?.deliveries[0]?.receipt?.status === "delivered";
  };
  await until(delivered, { what: "the receipt is on the timeline" });
});

test("a receipt that the store can't take is asked for again", async () => {
  await using smsc = await new TestSmsc().listen();
  await using service = await startWith(smsc);
  await service.post("send-otp", { to });
  const record = service.store.recordReceipts;
  service.store.recordReceipts = () => Promise.reject(new Error("the store is away"));
  const answers = () => smsc.received.filter(({ id }) => id === command.deliverSm + 0x8000_0000).map(({ status }) => status);
  smsc.deliver(encodeDeliver(4, Buffer.from("id:1 stat:DELIVRD err:000")));
  await until(() => answers().length === 1, { what: "the receipt is answered" });
  service.store.recordReceipts = record;
  smsc.deliver(encodeDeliver(4, Buffer.from("id:1 stat:DELIVRD err:000")));
  await until(() => answers().length === 2, { what: "the receipt is answered again" });
  assert.deepEqual(answers(), [0x64, 0]);
  assert.ok(service.logLines.some((line) => line.includes("receipts_not_stored")));
});

test("what waits is tried once more at the end, and one of nobody's is let go", async () => {
  const known = new Set<string>();
  const asked: string[] = [];
  const store: Pick<Store, "recordReceipts"> = {
    async recordReceipts(_, receipts) {
      asked.push(...receipts.map(({ messageId }) => messageId));
      return receipts.filter(({ messageId }) => known.has(messageId)).length;
    },
  };
  const desk = new ReceiptDesk(store, createLog("silent", { write: () => undefined }));
  known.add("stored");
  assert.equal(await desk.record("g", [{ messageId: "stored", status: "sent" }]), 1);
  assert.equal(await desk.record("g", [{ messageId: "early", status: "sent" }]), 0);
  assert.equal(await desk.record("g", [{ messageId: "another's", status: "sent" }]), 0);
  await desk.close();
  await desk.close();
  assert.deepEqual(asked, ["stored", "early", "another's", "early", "another's"]);
});
