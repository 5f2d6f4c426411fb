/** Two services and two accounts do not mix. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { assertError, newRecipient } from "@antryk/testkit/http/expect";
import { startService, type TestCaller } from "@antryk/testkit/service";
import { newService } from "../../administration/services.ts";

const service = await startService({ service: { codeLength: 10 } });
after(() => service[Symbol.asyncDispose]());

/** A second service of the first account. */
async function secondService(): Promise<TestCaller> {
  const made = newService(service.accountId, "Beta", { codeLength: 10 }, service.keyring, service.clock.now());
  assert.ok(made.kind === "service");
  await service.store.createService(made.service);
  return { ...service, serviceId: made.service.id };
}

for (const [what, makeOther] of [
  ["service of the account", secondService],
  ["account", () => service.addCaller({ codeLength: 10 })],
] as const) {
  test(`another ${what} has a separate OTP for the number: code, tries, resend, cancel and send`, async () => {
    const other = await makeOther();
    const to = newRecipient();
    const [mine, theirs] = [service, other].map(
      (caller) =>
        (operation: string, body: object = {}) =>
          service.post(operation, { to, ...body }, {}, caller),
    );
    assert.ok(mine && theirs);

    assert.equal((await mine("send-otp")).status, 200);
    const myCode = service.lastCode(to);
    assertError(await theirs("verify-otp", { otp: myCode }), "otp_not_found");
    assertError(await theirs("resend-otp"), "otp_not_found");
    assertError(await theirs("cancel-otp"), "otp_not_found");

    assert.equal((await theirs("send-otp")).status, 200, "no 409 for the other's OTP");
    const theirCode = service.lastCode(to);
    assert.notEqual(theirCode, myCode);
    const crossed = await theirs("verify-otp", { otp: myCode });
    assert.deepEqual([crossed.body.data.valid, crossed.body.data.attemptsRemaining], [false, 4]);
    assert.equal(
      (await mine("verify-otp", { otp: theirCode })).body.data.attemptsRemaining,
      4,
      "the other's wrong code was not counted here",
    );
    assert.equal((await theirs("cancel-otp")).status, 200);
    assert.equal((await mine("verify-otp", { otp: myCode })).body.data.valid, true);
  });
}

test("a code is not valid for another number of the same service", async () => {
  const [to, neighbour] = [newRecipient(), newRecipient()];
  await service.post("send-otp", { to });
  await service.post("send-otp", { to: neighbour });
  assert.equal((await service.post("verify-otp", { to: neighbour, otp: service.lastCode(to) })).body.data.valid, false);
});

test("an account cannot use another's service, with its own keys or the other's access key", async () => {
  const other = await service.addCaller();
  const to = newRecipient();
  assertError(await service.post("send-otp", { to, serviceId: other.serviceId }), "invalid_request", {
    param: "serviceId",
  });
  const mixed = { ...other, secretKey: service.secretKey };
  assertError(await service.post("send-otp", { to }, {}, mixed), "invalid_credentials");
});
