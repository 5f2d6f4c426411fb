/** Calls that are done by the set, and those that turn out to need the other way. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { run, startPostgres } from "@antryk/testkit/postgres";
import { Caller, keyId, macOf, newKey } from "@antryk/testkit/store/harness";
import pg from "pg";
import type { Store } from "../port.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

function callers(store: Store, count: number): Caller[] {
  const key = newKey();
  return Array.from({ length: count }, (_, n) => new Caller(store, { ...key, recipient: `+9198765${10_000 + n}` }));
}

test("sends to new numbers, their hand-overs and their codes need no other function", async () => {
  await using database = await server.database();
  const store = await database.open();
  await run(database.url, "ALTER FUNCTION antryk_apply RENAME TO antryk_elsewhere");
  const plain = callers(store, 20);
  await Promise.all(plain.map((caller, n) => caller.send("1", n % 5 === 0 ? "unknown" : "accepted")));
  const keyed = callers(store, 20);
  await Promise.all(keyed.map((caller) => caller.send("1", "accepted", { idempotency: caller.claim(caller.key.recipient) })));
  const wrong = await Promise.all(plain.map((caller) => caller.verify("x")));
  assert.ok(wrong.every((outcome) => outcome.kind === "compared" && !outcome.valid && outcome.attemptsRemaining === 4));
  const right = await Promise.all([
    ...plain.map((caller) => caller.verify("1")),
    ...keyed.map((caller) => caller.verify("1", { idempotency: caller.claim(caller.key.recipient, "body", "verify-otp") })),
  ]);
  assert.ok(right.every((outcome) => outcome.kind === "compared" && outcome.valid));
  const { batches, calls } = store.batches();
  assert.equal(calls, 20 + 20 + 20 + 20 + 20 + 40);
  assert.ok(batches < calls / 5, `${batches} batches`);
  await store.close();
});

test("two sends to one number in one batch: one is reserved, the other finds it", async () => {
  await using database = await server.database();
  const store = await database.open();
  const [caller] = callers(store, 1) as [Caller];
  const outcomes = await Promise.all([caller.reserve("1"), caller.reserve("2"), caller.reserve("3")]);
  assert.deepEqual(outcomes.map(({ kind }) => kind).toSorted(), ["pending", "pending", "reserved"]);
  const tries = await Promise.all([caller.verify("x"), caller.verify("x"), caller.verify("x")]);
  const left = tries.map((outcome) => (outcome.kind === "compared" ? outcome.attemptsRemaining : -1));
  assert.deepEqual(left.toSorted(), [2, 3, 4]);
  await store.close();
});

test("two requests with one key in one batch: the second waits for what comes of the first, the others for neither", async () => {
  await using database = await server.database();
  const store = await database.open();
  const [one, other, ...rest] = callers(store, 10) as [Caller, Caller, ...Caller[]];
  const idempotency = one.claim("key");
  const before = store.batches().batches;
  const [first, second, third] = await Promise.all([
    one.reserve("1", { idempotency }),
    one.reserve("1", { idempotency }),
    other.reserve("1", { idempotency: { ...idempotency, fingerprints: new Map([[keyId, macOf("another body")]]) } }),
    ...rest.map((caller) => caller.reserve("1")),
  ]);
  assert.deepEqual(
    [first, second, third].map((outcome) => outcome?.kind),
    ["reserved", "in_progress", "key_reused"],
  );
  assert.equal(store.batches().batches, before + 2);
  await store.close();
});

test("of several live keys the row's own is compared, whichever comes first", async () => {
  await using database = await server.database();
  const store = await database.open();
  const [one, other, neither] = callers(store, 3) as [Caller, Caller, Caller];
  await Promise.all([one.send("1"), other.send("1"), neither.send("1")]);
  const right = [keyId, macOf("1")] as const;
  const foreign = ["k_other", macOf("1")] as const;
  const wrong = [keyId, macOf("x")] as const;
  const [first, second, third] = await Promise.all([
    one.verify("", { candidates: new Map([right, ["k_other", macOf("x")]]) }),
    other.verify("", { candidates: new Map([["k_other", macOf("x")], right]) }),
    neither.verify("", { candidates: new Map([foreign, wrong]) }),
  ]);
  assert.ok(first.kind === "compared" && first.valid);
  assert.ok(second.kind === "compared" && second.valid);
  assert.ok(third.kind === "compared" && !third.valid && third.attemptsRemaining === 4);
  await store.close();
});

test("any text survives: keys, replies and key ids with quotes, backslashes, brackets, commas, spaces and nothing", async () => {
  await using database = await server.database();
  const store = await database.open();
  const texts = ['"', "\\", '\\"', "{a,b}", "(a,b)", " ", "NULL", "", "'", 'x"y\\z,{(é)}', "\n\t"];
  await Promise.all(
    callers(store, texts.length).map(async (caller, n) => {
      const text = texts[n] ?? "";
      const claim = { ...caller.claim(text), fingerprints: new Map([[`k${text}`, macOf(text)]]) };
      const input = caller.reserveInput("1", { idempotency: claim });
      const reserved = await store.reserve({ ...input, fresh: { ...input.fresh, keyId: `k${text}` } });
      assert.ok(reserved.kind === "reserved", text);
      await caller.settle(reserved, input.leaseToken, "accepted", { idempotency: claim, reply: JSON.stringify({ text }) });
      assert.deepEqual(await store.recall(claim), { kind: "replayed", reply: JSON.stringify({ text }) });
      const outcome = await caller.verify("", { candidates: new Map([[`k${text}`, macOf("1")]]) });
      assert.ok(outcome.kind === "compared" && outcome.valid, text);
    }),
  );
  await store.close();
});

test("a row that another transaction holds is waited for alone: the batch's other calls are answered", async () => {
  await using database = await server.database();
  const store = await database.open();
  const [held, ...free] = callers(store, 8) as [Caller, ...Caller[]];
  await Promise.all([held, ...free].map((caller) => caller.send("1")));
  const other = new pg.Client({ connectionString: database.url });
  await other.connect();
  await other.query("BEGIN");
  await other.query("SELECT FROM recipient WHERE recipient = $1 FOR UPDATE", [held.key.recipient]);
  let answered = false;
  const late = held.verify("1").finally(() => {
    answered = true;
  });
  const outcomes = await Promise.all(free.map((caller) => caller.verify("1")));
  assert.ok(outcomes.every((outcome) => outcome.kind === "compared" && outcome.valid));
  assert.equal(answered, false);
  await other.query("COMMIT");
  await other.end();
  const outcome = await late;
  assert.ok(outcome.kind === "compared" && outcome.valid);
  await store.close();
});
