import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
import { ordinaryRate, pumpingEvidence } from "./evidence.ts";

const counts = fc.record({
  sent: fc.double({ min: 0, max: 5_000, noNaN: true }),
  verified: fc.double({ min: 0, max: 5_000, noNaN: true }),
});
const rate = fc.double({ min: 0.2, max: 0.95, noNaN: true });

test("nothing known says nothing", () => {
  assert.ok(Math.abs(pumpingEvidence({ sent: 0, verified: 0 }, 0.7)) < 1e-9);
});

test("each code that does not come back speaks for pumping, each that does against it", () => {
  fc.assert(
    fc.property(counts, rate, ({ sent, verified }, ordinary) => {
      const at = { sent: Math.max(sent, verified), verified };
      const before = pumpingEvidence(at, ordinary);
      assert.ok(Number.isFinite(before));
      if (at.verified > at.sent * 0.5) return;
      assert.ok(pumpingEvidence({ ...at, sent: at.sent + 1 }, ordinary) >= before - 0.05);
      assert.ok(pumpingEvidence({ sent: at.sent + 1, verified: at.verified + 1 }, ordinary) < before);
    }),
  );
});

test("a dozen codes of which none came back are enough, a dozen ordinary ones clear a place", () => {
  assert.ok(pumpingEvidence({ sent: 12, verified: 0 }, 0.7) > 7);
  assert.ok(pumpingEvidence({ sent: 12, verified: 8 }, 0.7) < -2);
  assert.ok(pumpingEvidence({ sent: 200, verified: 40 }, 0.7) > 7, "pumpers that verify a fifth");
});

test("what is ordinary begins with what was known before, and follows what is seen, within bounds", () => {
  assert.equal(ordinaryRate({ sent: 0, verified: 0 }, 0.6), 0.6);
  assert.ok(Math.abs(ordinaryRate({ sent: 10_000, verified: 8_000 }, 0.6) - 0.8) < 0.01);
  assert.equal(ordinaryRate({ sent: 10_000, verified: 0 }, 0.6), 0.2);
  assert.equal(ordinaryRate({ sent: 10_000, verified: 10_000 }, 0.6), 0.95);
});
