/** Uses of access keys are written apart from requests, together, and seldom. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";
import type { KeyUse } from "../model/account.ts";
import { KeyUses } from "./key-uses.ts";

function usesOver(times: { writeAfterMs: number; restMs: number }) {
  const written: (readonly KeyUse[])[] = [];
  const source = { now: 1_000, fault: undefined as Error | undefined, faults: 0 };
  const uses = new KeyUses({
    store: {
      now: () => source.now,
      async noteKeyUses(noted) {
        if (source.fault) throw source.fault;
        written.push(noted);
      },
    },
    onFault() {
      source.faults += 1;
    },
    times,
  });
  return { uses, written, source };
}

test("many uses of many keys are one write, with the last time of each", async () => {
  const { uses, written, source } = usesOver({ writeAfterMs: 0, restMs: 3_600_000 });
  for (let n = 0; n < 100; n += 1) {
    source.now += 1;
    uses.note(n % 2 ? "odd" : "even");
  }
  await until(() => written.length > 0, { what: "it is written" });
  assert.deepEqual(written, [
    [
      { accessKey: "even", usedAt: 1_099 },
      { accessKey: "odd", usedAt: 1_100 },
    ],
  ]);
  await uses.close();
  assert.equal(written.length, 1, "nothing was left");
});

test("a key that was written rests, while another's first use is written; what is left is written at the end", async () => {
  const { uses, written, source } = usesOver({ writeAfterMs: 0, restMs: 3_600_000 });
  uses.note("a");
  await until(() => written.length === 1, { what: "the first use is written" });
  source.now = 2_000;
  uses.note("a");
  uses.note("b");
  await until(() => written.length === 2, { what: "the other key's use is written" });
  assert.deepEqual(written[1], [{ accessKey: "b", usedAt: 2_000 }]);
  await uses.close();
  assert.deepEqual(written[2], [{ accessKey: "a", usedAt: 2_000 }]);
});

test("what the store could not take is written later", async () => {
  const { uses, written, source } = usesOver({ writeAfterMs: 0, restMs: 1 });
  source.fault = new Error("away");
  uses.note("a");
  await until(() => source.faults > 0, { what: "the store refuses it" });
  source.fault = undefined;
  source.faults = 0;
  await until(() => written.length > 0, { what: "it is written" });
  assert.deepEqual(written[0], [{ accessKey: "a", usedAt: 1_000 }]);
  source.fault = new Error("away");
  uses.note("b");
  await uses.close();
  assert.equal(source.faults, 1, "what can't be written at the end is said");
});

test("a server notes the keys that were right, however they are given, and no others; no request writes it", async () => {
  await using service = await startService();
  const { accessKey, secretKey, store } = service;
  const other = await service.addCaller();
  const noted: string[] = [];
  const note = store.noteKeyUses;
  store.noteKeyUses = async (uses) => {
    noted.push(...uses.map((use) => use.accessKey));
    await note(uses);
  };
  assert.equal((await service.post("send-otp", { to: "+919876543210" }, { "x-secret-key": "wrong" })).status, 401);
  assert.equal((await service.post("send-otp", { to: "+919876543210" }, { "x-access-key": "none" })).status, 401);
  const body = { accessKey, secretKey, serviceId: service.serviceId, to: "+919876543210" };
  const reply = await fetch(`${service.baseUrl}/api/v1/sms/send-otp`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(reply.status, 200);
  const lastUse = async (key: string) =>
    (await store.listAccessKeys(undefined)).find((each) => each.accessKey === key)?.lastUsedAt;
  await until(async () => (await lastUse(accessKey)) !== null, { what: "the use is written" });
  assert.equal(await lastUse(accessKey), service.clock.now());
  assert.equal(await lastUse(other.accessKey), null);
  assert.deepEqual(noted, [accessKey]);
});
