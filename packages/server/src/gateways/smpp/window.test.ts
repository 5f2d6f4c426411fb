import assert from "node:assert/strict";
import { test } from "node:test";
import type { Pdu } from "smpp";
import { notWritten, SubmitWindow } from "./window.ts";

const never = new AbortController().signal;

/** A window that is open, and the sequence numbers that it wrote. */
function openWindow(size: number): { readonly window: SubmitWindow; readonly written: number[] } {
  const written: number[] = [];
  const write = (pdu: Pdu): boolean => {
    const sequence = written.length + 1;
    written.push(sequence);
    Object.assign(pdu, { sequence_number: sequence });
    return true;
  };
  const window = new SubmitWindow({ size, responseMs: 1_000, waitMs: 2_000, write });
  window.open();
  return { window, written };
}

const submit = (window: SubmitWindow) => window.submit({} as Pdu, never);
const lost = { outcome: "failed", class: "timeout", ambiguous: true, detail: "SMPP: no response in time" };

test("what is never answered is of unknown outcome, and gives its place to one that waits", async () => {
  const { window, written } = openWindow(5);
  const results = Array.from({ length: 6 }, () => submit(window));
  assert.equal(written.length, 5);
  window.expire(performance.now() + 1_001);
  assert.deepEqual(await Promise.all(results.slice(0, 5)), new Array(5).fill(lost));
  assert.equal(written.length, 6);
  window.answer(6, { outcome: "taken", messageId: "m" });
  assert.deepEqual(await results[5], { outcome: "taken", messageId: "m" });
});

test("a late answer settles nothing; what waited too long was never written", async () => {
  const { window, written } = openWindow(1);
  const first = submit(window);
  window.expire(performance.now() + 1_001);
  assert.deepEqual(await first, lost);
  const second = submit(window);
  const third = submit(window);
  window.answer(1, { outcome: "taken" });
  window.expire(performance.now());
  assert.equal(written.length, 2);
  window.expire(performance.now() + 2_001);
  assert.deepEqual(await third, notWritten("unavailable", "no place in the window in time"));
  assert.deepEqual(await second, lost);
});
