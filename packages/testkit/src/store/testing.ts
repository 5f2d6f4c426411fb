/** Verifications of test numbers: they count only while the number is one. */
import assert from "node:assert/strict";
import { type Caller, type Engine, storeTest } from "./harness.ts";

const test = { isTest: true };

async function sendTest(caller: Caller, code: string) {
  const { fresh } = caller.reserveInput(code);
  return caller.send(code, "accepted", { fresh: { ...fresh, isTest: true } });
}

export function testingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore("a test number's verification says so wherever it is seen", async (caller, { advance }) => {
    const reserved = await sendTest(caller, "1");
    assert.equal(reserved.isTest, true);
    const record = () => caller.store.findVerification(caller.key.accountId, reserved.verificationId);
    assert.equal((await record())?.isTest, true);
    const right = await caller.verify("1", test);
    assert.ok(right.kind === "compared" && right.valid && right.test === true);
    await sendTest(caller, "2");
    assert.equal((await record())?.isTest, true, "in history as well");
    advance(30_000);
    const again = await caller.resend("accepted", test);
    assert.ok(again.kind === "reserved" && again.isTest);
  });

  withStore("one that is no test number's says nothing of it", async (caller) => {
    const { verificationId } = await caller.send("1");
    assert.equal((await caller.store.findVerification(caller.key.accountId, verificationId))?.isTest, false);
    const right = await caller.verify("1", test);
    assert.ok(right.kind === "compared" && right.valid && right.test === undefined);
  });

  withStore("a fixed code is worth nothing once its number is as any other", async (caller, { advance }) => {
    await sendTest(caller, "1");
    assert.equal((await caller.verify("1")).kind, "not_found");
    advance(30_000);
    assert.equal((await caller.resend()).kind, "not_found");
    const real = await caller.reserve("2");
    assert.ok(real.kind === "reserved" && !real.isTest, "it does not stand in the way of a send");
  });

  withStore("a refused send brings no fixed code back", async (caller) => {
    await sendTest(caller, "1");
    await caller.send("2", "refused");
    for (const isTest of [true, false]) assert.equal((await caller.verify("1", { isTest })).kind, "not_found");
  });

  withStore("a message of unknown outcome does not say its code to a test number", async (caller) => {
    const real = await caller.send("1", "unknown");
    const testing = await sendTest(caller, "2");
    assert.notEqual(testing.verificationId, real.verificationId);
    const right = await caller.verify("2", test);
    assert.ok(right.kind === "compared" && right.valid);
  });
}
