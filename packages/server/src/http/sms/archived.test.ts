/** Archived services and accounts: no client knows them, and nothing of them is lost. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertError } from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";

const to = "+919876543210";

test("an archived service is unknown to every operation; restored, its code still verifies", async () => {
  await using service = await startService({ directoryLooksEveryMs: 0 });
  assert.equal((await service.post("send-otp", { to })).status, 200);
  const otp = service.lastCode(to);
  await service.store.archiveService(service.serviceId, true);
  assertError(await service.post("send-otp", { to: "+919876543211" }), "invalid_request", { param: "serviceId" });
  for (const [operation, body] of [
    ["verify-otp", { to, otp }],
    ["resend-otp", { to }],
    ["cancel-otp", { to }],
  ] as const)
    assertError(await service.post(operation, body), "service_not_found", { param: "serviceId" });
  await service.store.archiveService(service.serviceId, false);
  assert.equal((await service.post("verify-otp", { to, otp })).body.data.valid, true);
});

test("an archived account's keys are refused; restored, they work and its code still verifies", async () => {
  await using service = await startService({ directoryLooksEveryMs: 0 });
  const other = await service.addCaller();
  assert.equal((await service.post("send-otp", { to })).status, 200);
  const otp = service.lastCode(to);
  await service.store.updateAccount(service.accountId, { isArchived: true });
  for (const operation of ["send-otp", "verify-otp", "resend-otp", "cancel-otp"])
    assertError(await service.post(operation, { to, otp }), "invalid_credentials");
  assert.equal((await service.post("send-otp", { to }, {}, other)).status, 200, "another account goes on");
  await service.store.updateAccount(service.accountId, { isArchived: false });
  assert.equal((await service.post("verify-otp", { to, otp })).body.data.valid, true);
});

test("a running server that has both in its cache follows within two seconds", async () => {
  await using service = await startService();
  assert.equal((await service.post("cancel-otp", { to })).body.errors[0].type, "otp_not_found");
  const becomes = async (type: string, change: () => Promise<unknown>) => {
    await change();
    const changedAt = performance.now();
    const reply = await until(
      async () => {
        const askedAt = performance.now();
        const { body } = await service.post("cancel-otp", { to });
        // One that was asked within the two seconds may still be answered as before.
        return body.errors[0].type === type || askedAt - changedAt > 2_000 ? body : undefined;
      },
      { what: `the reply is ${type}`, everyMs: 50 },
    );
    assert.equal(reply.errors[0].type, type);
  };
  await becomes("service_not_found", () => service.store.archiveService(service.serviceId, true));
});
