/** Stores with something in them, for moves to the other engine. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { DatabaseSync } from "node:sqlite";
import { uuidFloor } from "../../../server/src/model/ids.ts";
import { bucketOf } from "../../../server/src/model/recipient.ts";
import type { Service } from "../../../server/src/model/service.ts";
import type { ManualClock } from "../../../server/src/store/clock.ts";
import { columns } from "../../../server/src/store/move/rows.ts";
import type { Store } from "../../../server/src/store/port.ts";
import { openSqliteStore } from "../../../server/src/store/sqlite/open.ts";
import { Caller, keyFor, macOf, ttlMs } from "./harness.ts";
import { serviceOf } from "./keeping.ts";

const day = 24 * 3_600_000;

/** A service of a new account, with these limits. */
export async function newService(store: Store, changes: Partial<Service> = {}): Promise<Service> {
  const account = { id: randomUUID(), name: "One", limits: [{ count: 5_000, windowMs: day }], createdAt: store.now() };
  await store.createAccount(account);
  const service = { ...serviceOf(account.id, store.now()), routes: [], ...changes };
  await store.createService(service);
  return service;
}

/** Something in every table: codes, tries, stored replies, limits, names of messages, scores, a queue, history of both kinds. */
export async function fillStore({ path }: { path: string }, clock: ManualClock): Promise<void> {
  const store = openSqliteStore({ path, clock });
  const service = await newService(store, { serviceLimits: [{ count: 2_000, windowMs: 3_600_000 }] });
  const shared = [
    { scope: "account" as const, subject: service.accountId, limit: { count: 5_000, windowMs: day } },
    { scope: "service" as const, subject: service.id, limit: { count: 2_000, windowMs: 3_600_000 } },
    { scope: "client" as const, subject: `${service.id} 2001:db8::1`, limit: { count: 50, windowMs: 60_000 } },
  ];
  let numbers = 10_000_000;
  const send = async (times: number) => {
    for (let n = 0; n < times; n += 1) {
      const caller = new Caller(store, keyFor(service.accountId, service.id, `+9198${numbers}`));
      numbers += 1;
      const idempotency = caller.claim(`key ${numbers}`);
      const input = caller.reserveInput("1", { idempotency, limits: { recipient: [], shared } });
      const reserved = await store.reserve(input);
      assert.ok(reserved.kind === "reserved");
      await caller.settle(reserved, input.leaseToken, "accepted", {
        idempotency,
        messages: [{ gatewayId: "g", messageId: `m ${numbers}` }],
      });
      await caller.verify(n % 2 ? "1" : "x");
      clock.advance(40_000);
    }
  };
  await send(12);
  clock.advance(ttlMs + day);
  await store.sweep(100);
  await send(9);
  clock.advance(ttlMs + day);
  const keeping = {
    identifiedMs: day,
    reducedMs: 90 * day,
    reduce: (to: string) => ({ hash: macOf(to), masked: to.slice(0, 4) }),
  };
  await store.sweep(5, keeping);
  await send(7);
  const names = ["a", "b", "a"];
  await store.queue.enqueue(
    names.map((subject) => ({ topic: "test", subject, due: clock.now(), body: `{"of":"${subject}"}` })),
  );
  await store.queue.finish((await store.queue.claimDue(["test"], 1, 60_000)).map(({ id }) => id));
  await store.createAccessKey(service.accountId, "ak", macOf("s"));
  await store.noteKeyUses([{ accessKey: "ak", usedAt: clock.now() }]);
  await store.learn([{ serviceId: service.id, callingCode: "91", gateway: "one", sent: 3, verified: 1 }]);
  await store.close();
  fillHistory(path, service, 2_500, clock.now() - 20 * day);
}

/** Old verifications, ten minutes apart; the recipients are +919910000000 and those after it. */
export function fillHistory(path: string, { accountId, id }: Service, rows: number, from: number): void {
  const db = new DatabaseSync(path);
  const insert = db.prepare(
    `INSERT INTO history (${columns.history}) VALUES (?, ?, ?, 'sms', ?, 'verified 0 5 1 2 3' || char(31) || '[]')`,
  );
  db.exec("BEGIN");
  for (let n = 0; n < rows; n += 1) {
    const recipient = `+9199${10_000_000 + n}`;
    const bucket = bucketOf(keyFor(accountId, id, recipient).hash)
      .toString(16)
      .padStart(3, "0");
    const verification = `${uuidFloor(from + n * 600_000)}-7${bucket}-8000-${n.toString(16).padStart(12, "0")}`;
    insert.run(verification, accountId, id, recipient);
  }
  db.exec("COMMIT");
  db.close();
}
