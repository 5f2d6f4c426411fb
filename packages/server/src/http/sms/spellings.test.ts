/** Two spellings of one phone are one recipient. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { typeOf } from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";
import { eraseNumber } from "../../administration/erase.ts";
import { addListEntry } from "../../administration/lists.ts";
import { resetRecipient } from "../../administration/unlock.ts";

const service = await startService({ service: { countries: null }, directoryLooksEveryMs: 0 });
after(() => service[Symbol.asyncDispose]());

let last = 1_000;
/** Two spellings of a new number, and the one that a message to the first goes to. */
const newPairs: Readonly<Record<string, (digits: string) => readonly [from: string, to: string, dialled: string]>> = {
  "Argentina, without and with the 9": (n) => [`+54112345${n}`, `+549112345${n}`, `+54112345${n}`],
  "Argentina, with and without the 9": (n) => [`+549112346${n}`, `+54112346${n}`, `+549112346${n}`],
  "Brazil, eight and nine digits": (n) => [`+55118765${n}`, `+551198765${n}`, `+551198765${n}`],
  "Mexico, with and without the 1": (n) => [`+521551234${n}`, `+52551234${n}`, `+52551234${n}`],
  "Benin, eight and ten digits": (n) => [`+2299712${n}`, `+229019712${n}`, `+229019712${n}`],
};

for (const [what, pairOf] of Object.entries(newPairs)) {
  const newPair = () => {
    last += 1;
    return pairOf(String(last));
  };

  test(`${what}: one is sent to, the other gets 409 and verifies; replies say what the caller wrote`, async () => {
    const [to, other, dialled] = newPair();
    const sent = await service.post("send-otp", { to });
    assert.deepEqual([sent.status, sent.body.data?.to], [200, to], JSON.stringify(sent.body));
    const otp = service.lastCode(dialled);
    assert.equal(typeOf(await service.post("send-otp", { to: other })), "otp_pending");
    const [neighbour] = newPair();
    assert.equal(typeOf(await service.post("verify-otp", { to: neighbour, otp })), "otp_not_found");
    assert.equal((await service.post("send-otp", { to: neighbour })).status, 200);
    const verified = await service.post("verify-otp", { to: other, otp });
    assert.deepEqual([verified.body.data.valid, verified.body.data.to], [true, other]);
    assert.equal(typeOf(await service.post("verify-otp", { to, otp })), "otp_not_found");
  });

  test(`${what}: limits, a list and an erasure are for both`, async () => {
    const [to, other] = newPair();
    for (const spelling of [to, other, to]) {
      assert.equal((await service.post("send-otp", { to: spelling })).status, 200);
      assert.equal((await service.post("cancel-otp", { to: spelling === to ? other : to })).status, 200);
      service.clock.advance(60_000);
    }
    assert.equal(typeOf(await service.post("send-otp", { to: other })), "rate_limited");
    const [neighbour] = newPair();
    assert.equal((await service.post("send-otp", { to: neighbour })).status, 200);

    assert.deepEqual(await resetRecipient(service, other, service.serviceId), { kind: "reset", services: 1 });
    assert.equal((await service.post("send-otp", { to })).status, 200);
    const erased = await eraseNumber(service.store, service.keyring, other);
    assert.equal(erased.recipients, 1);
    assert.ok(erased.history > 0);

    assert.equal((await addListEntry(service.store, { list: "block", match: other })).kind, "entry");
    assert.equal(typeOf(await service.post("send-otp", { to })), "recipient_blocked");
    assert.equal(typeOf(await service.post("send-otp", { to: other })), "recipient_blocked");
  });
}
