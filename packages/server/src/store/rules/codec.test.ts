/** Rows as text: what was written is read as it was, and what was not written is refused or harmless. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { UnreadableRow } from "../../model/errors.ts";
import { newLeaseToken, newVerificationId } from "../../model/ids.ts";
import type { RowKind } from "../engine.ts";
import { decodeEnded, encodeBefore, encodeEnded } from "./codec.ts";
import { olderIn } from "./counters.ts";
import { claimKind, decisionKind, recipientKind, replyKind, scoreKind, trafficKind } from "./kinds.ts";
import type { RecipientRow, Verification } from "./row.ts";

const recordOf = <Row>(cells: { [Name in keyof Row]: fc.Arbitrary<Row[Name]> }) =>
  fc.record(cells, { noNullPrototype: true }) as fc.Arbitrary<Row>;
const time = fc.integer({ min: 0, max: 2 ** 43 });
const count = fc.nat(20);
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((each) => Buffer.from(each).toString("base64url"));
const leaseToken = fc.option(fc.constant(undefined).map(newLeaseToken));
const verificationId = fc.tuple(time, fc.nat(4_095)).map(([at, bucket]) => newVerificationId(at, bucket));
const deliveries = fc.constantFrom(
  "[]",
  '[{"at":"2026-01-01T00:00:00.000Z","operation":"send-otp","gateway":"a b","outcome":"accepted","durationMs":12}]',
);

const verification: fc.Arbitrary<Verification> = recordOf({
  verificationId,
  state: fc.constantFrom("leased", "pending", "unknown", "verified", "cancelled"),
  keyId: fc.constantFrom("k_1", "k_20260101_ab"),
  nonce: fc.option(bytes(16)),
  mac: fc.option(bytes(32)),
  codeLength: count,
  maxAttempts: count,
  attempts: count,
  createdAt: time,
  expiresAt: time,
  endedAt: fc.option(time),
  sendNo: count,
  resendCount: count,
  resendAt: time,
  deliveries,
  isTest: fc.boolean(),
  metadata: fc.constantFrom("", '{"order":"A 17","note":"\\u001f"}'),
  requestId: fc.constantFrom("", "4f2c1e0a-7d1b-4a59-8a54-0c5b8f0f6d11", "req_1.a"),
  wrongCodes: fc.array(fc.nat(10_000_000), { maxLength: 5 }).map((times) => times.join(" ")),
});

const before = fc.oneof(
  fc.constant(null),
  recordOf({ kind: fc.constant("resend" as const), resendCount: count, resendAt: time }),
  recordOf({ kind: fc.constant("send" as const), verification: fc.option(verification), sameCode: fc.boolean() }),
);

const network = fc.constantFrom("", "203.0.113.0/24", "2001:db8::/48", "::/48");
const sends = fc.array(fc.tuple(time, network), { maxLength: 4 });

const recipient: fc.Arbitrary<RecipientRow> = fc
  .tuple(
    sends,
    recordOf<Omit<RecipientRow, "sends" | "networks">>({
      verification: fc.option(verification),
      leaseToken,
      leaseUntil: time,
      before: before.map(encodeBefore),
      tries: fc.array(time, { maxLength: 4 }),
      wrongUntil: time,
      countersUntil: time,
    }),
  )
  .map(([counted, rest]) => ({
    ...rest,
    sends: counted.map(([at]) => at),
    networks: counted.map(([, from]) => from),
  }));

interface Sample {
  readonly kind: Pick<RowKind<unknown>, "encode" | "decode"> & Partial<Pick<RowKind<unknown>, "placeInTime">>;
  readonly row: unknown;
}

const of = <Row>(kind: RowKind<Row>, rows: fc.Arbitrary<Row>): fc.Arbitrary<Sample> =>
  rows.map((row) => ({ kind: kind as RowKind<unknown>, row }));

/** Every kind of row, ended verifications, and what a limit has counted. */
const samples: fc.Arbitrary<Sample> = fc.oneof(
  of(recipientKind, recipient),
  of(
    claimKind,
    recordOf({
      bucket: fc.nat(4_095),
      keyId: fc.constant("k_1"),
      fingerprint: bytes(32),
      leaseToken,
      leaseUntil: time,
      until: time,
    }),
  ),
  of(replyKind, recordOf({ fingerprint: bytes(32), verificationId, expiresAt: time, reply: fc.json() })),
  of(
    scoreKind,
    recordOf({
      callingCode: fc.constantFrom("91", "1"),
      gateway: fc.constantFrom("twilio", "own"),
      sent: fc.double({ min: 0, max: 1e6, noNaN: true }).map((n) => n + 0),
      verified: fc.double({ min: 0, max: 1e6, noNaN: true }).map((n) => n + 0),
      at: time,
    }),
  ),
  of(
    trafficKind,
    recordOf({
      serviceId: fc.constant("5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a12"),
      place: fc.constantFrom("p+91987654", "n203.0.113.0/24", "s"),
      sent: fc.nat(1e6).map((n) => n / 1_000),
      verified: fc.nat(1e6).map((n) => n / 1_000),
      at: time,
      firstAt: time,
      verifiedAt: time,
      blockedUntil: time,
      strikes: count,
    }),
  ),
  of(
    decisionKind,
    recordOf({
      decisionId: verificationId,
      at: time,
      requestId: fc.option(fc.constant("req-1")),
      accountId: fc.constant("a"),
      serviceId: fc.constant("s"),
      operation: fc.constantFrom("send-otp" as const, "resend-otp" as const),
      to: fc.constant("+919876543210"),
      country: fc.constantFrom("IN", "+44"),
      network: fc.option(fc.constant("203.0.113.0/24")),
      reason: fc.constantFrom("guard" as const, "limit" as const),
      rule: fc.option(fc.constant("conversion")),
      threshold: fc.option(count),
      observed: fc.option(count),
      mode: fc.constantFrom("enforce" as const, "monitor" as const),
    }),
  ),
  verification.map((row) => ({
    kind: { encode: (v: unknown) => encodeEnded(v as Verification), decode: ended },
    row: { ...row },
  })),
  fc
    .array(fc.tuple(time, count), { maxLength: 5 })
    .map((row) => ({ kind: { encode: JSON.stringify, decode: olderIn }, row })),
);

const endedId = newVerificationId(0, 0);

function ended(text: string) {
  return decodeEnded(endedId, text);
}

test("what was written is read as it was", () => {
  fc.assert(
    fc.property(samples, ({ kind, row }) => {
      const read = kind.decode(kind.encode(row));
      if (kind.decode === ended) {
        const { nonce, mac, keyId, codeLength, sendNo, resendCount, resendAt, ...rest } = row as Verification;
        assert.deepEqual(read, { ...rest, verificationId: endedId });
      } else assert.deepEqual(read, row);
    }),
    { numRuns: 500 },
  );
});

/** A text of which a part was replaced, cut out, doubled or cut off. */
const mangled = fc
  .record({
    sample: samples,
    from: fc.nat(1_000),
    length: fc.nat(20),
    by: fc.oneof(
      fc.constantFrom(
        "",
        " ",
        "\u001f",
        "NaN",
        "-1",
        "1e99",
        "0x10",
        "9".repeat(17),
        "undefined",
        "null",
        "\n",
        "[",
        '"',
      ),
      fc.string({ unit: "binary", maxLength: 12 }),
    ),
    isCut: fc.boolean(),
  })
  .map(({ sample: { kind, row }, from, length, by, isCut }) => {
    const text = kind.encode(row);
    const at = from % (text.length + 1);
    return { kind, text: text.slice(0, at) + by + (isCut ? "" : text.slice(at + length)) };
  });

/** Every number in it is one that could have been written. */
function assertSound(value: unknown, text: string): void {
  if (typeof value === "number")
    assert.ok(Number.isFinite(value) && value >= 0, `${value} from ${JSON.stringify(text)}`);
  else if (value instanceof Object) for (const each of Object.values(value)) assertSound(each, text);
}

test("a mangled text is refused in words that hold nothing of it, or is a row that can be stored again", () => {
  let refused = 0;
  fc.assert(
    fc.property(mangled, ({ kind, text }) => {
      let row: unknown;
      try {
        row = kind.decode(text);
      } catch (fault) {
        assert.ok(fault instanceof UnreadableRow, `${fault} from ${JSON.stringify(text)}`);
        assert.match(fault.message, /^[a-z' -]+ is malformed$/);
        assert.equal(fault.cause, undefined);
        refused += 1;
        return;
      }
      assertSound(row, text);
      if (kind.decode === ended) return;
      assert.deepEqual(kind.decode(kind.encode(row)), row);
      if (kind.placeInTime) assert.ok(Number.isSafeInteger(kind.placeInTime(row)), JSON.stringify(text));
    }),
    { numRuns: 2_000 },
  );
  assert.ok(refused > 400, `only ${refused} were refused`);
});

test("cells and parts that a newer program has added are passed over", () => {
  const row: RecipientRow = {
    verification: null,
    leaseToken: null,
    leaseUntil: 1,
    before: "",
    sends: [1],
    networks: ["203.0.113.0/24"],
    tries: [],
    wrongUntil: 2,
    countersUntil: 3,
  };
  const [head = "", ...parts] = recipientKind.encode(row).split("\u001f");
  assert.deepEqual(recipientKind.decode([`${head} later`, ...parts, "later"].join("\u001f")), row);
});
