/** What the heart makes of a verdict; all else that it does is tested over HTTP. */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { serviceWith } from "@antryk/testkit/inputs/services";
import { GatewayDirectory } from "../delivery/gateways.ts";
import { createDispatcher } from "../gateways/lib/http-client.ts";
import { SandboxInbox } from "../gateways/sandbox/inbox.ts";
import { Keyring, newKeyring } from "../keyring/keyring.ts";
import { createLog } from "../observe/log.ts";
import { judge as allowing, type Judge } from "../policy/judge.ts";
import { noLists } from "../policy/lists.ts";
import { noTraffic } from "../policy/standing.ts";
import { testCodeContext } from "../policy/test-numbers.ts";
import { ManualClock } from "../store/clock.ts";
import { openSqliteStore } from "../store/sqlite/open.ts";
import { Heart } from "./heart.ts";
import type { VerificationRequest } from "./request.ts";

const refusing: Judge = () => ({ kind: "refused", reason: "country", retryAfterMs: undefined, suspicion: undefined });

const clock = new ManualClock();
const store = openSqliteStore({ path: ":memory:", clock });
const keyring = new Keyring(newKeyring());
const log = createLog("silent");
const dispatcher = createDispatcher();
const sandbox = new SandboxInbox();
const gateways = new GatewayDirectory({
  context: { dispatcher, sandbox, now: () => store.now() },
  keyring,
  store,
  log,
});
after(async () => {
  await gateways.close();
  await dispatcher.close();
  await store.close();
});

const service = serviceWith({ recipientLimits: [{ count: 2, windowMs: 900_000 }] });

let recipients = 10_000;
const newRequest = (key?: string): VerificationRequest => {
  recipients += 1;
  return {
    access: { accountId: service.accountId, secretHash: Buffer.alloc(32), accountLimits: [], recipientLimits: [] },
    service,
    channel: "sms",
    to: `+9198765${recipients}`,
    client: undefined,
    named: {},
    metadata: "",
    lists: noLists,
    locale: undefined,
    idempotency: key === undefined ? undefined : { key, fields: [key] },
  };
};
const heart = (judge: Judge) => new Heart({ store, keyring, gateways, log, judge });

test("a send that the policy refuses is blocked: no message leaves and no limit is used", async () => {
  const request = newRequest();
  for (let n = 0; n < 5; n += 1)
    assert.deepEqual(await heart(refusing).send(request), {
      kind: "blocked",
      reason: "country",
      retryAfterMs: undefined,
      decisionId: undefined,
    });
  assert.deepEqual(sandbox.list(request.to), []);
  assert.equal((await heart(allowing).send(request)).kind, "sent");
});

test("a resend that the policy refuses leaves the pending code as it is", async () => {
  const request = newRequest();
  await heart(allowing).send(request);
  clock.advance(30_000);
  assert.deepEqual(await heart(refusing).resend(request), {
    kind: "blocked",
    reason: "country",
    retryAfterMs: undefined,
    decisionId: undefined,
  });
  assert.equal(sandbox.list(request.to).length, 1);
  assert.equal((await heart(allowing).resend(request)).kind, "sent");
});

test("a repeat of an answered send is answered as it was, whatever the policy says now", async () => {
  const request = newRequest("key-1");
  const sent = await heart(allowing).send(request);
  assert.deepEqual(await heart(refusing).send(request), { ...sent, replayed: true });
  const other = { ...newRequest(), idempotency: { key: "key-1", fields: ["other"] } };
  assert.deepEqual(await heart(refusing).send(other), { kind: "key_reused" });
});

test("the policy is not asked about a verify or a cancel", async () => {
  const request = newRequest();
  await heart(allowing).send(request);
  assert.equal((await heart(refusing).verify(request, "0")).kind, "compared");
  assert.equal((await heart(refusing).cancel(request)).kind, "cancelled");
});

test("what nobody gets says nothing of traffic: numbers of tests and of the sandbox", async () => {
  const seen: string[] = [];
  const note = (what: string) => (_service: string, to: string) => void seen.push(`${what} ${to}`);
  const traffic = { ...noTraffic, sent: note("sent"), verified: note("verified"), guessed: note("guessed") };
  const following = new Heart({ store, keyring, gateways, log, traffic });
  const ordinary = newRequest();
  const number = "+919876500001";
  const sealedCode = keyring.seal("271828", testCodeContext(service.id, number));
  const testNumbers = [{ number, sealedCode, until: store.now() + 60_000 }];
  const codeTo = (to: string) => /\d{4,10}/.exec(sandbox.list(to)[0]?.text ?? "")?.[0] ?? "";
  for (const request of [
    { ...ordinary, to: number, service: { ...service, testNumbers } },
    { ...ordinary, to: "+13035550182" },
    ordinary,
  ]) {
    assert.equal((await following.send(request)).kind, "sent");
    const code = request.to === number ? "271828" : codeTo(request.to);
    const right = await following.verify(request, code);
    assert.ok(right.kind === "compared" && right.valid);
  }
  assert.deepEqual(seen, [`sent ${ordinary.to}`, `verified ${ordinary.to}`]);
});
