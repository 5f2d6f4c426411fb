import assert from "node:assert/strict";
import { test } from "node:test";
import { exposition } from "./exposition.ts";
import { Metrics, summed } from "./metrics.ts";

test("counts of several processes are summed by label, the lag is the slowest one's", () => {
  const both = summed([
    { antryk_sends_total: { "send-otp sent": 2, "send-otp pending": 1 }, antryk_event_loop_lag_seconds: { "": 0.5 } },
    { antryk_sends_total: { "send-otp sent": 3 }, antryk_event_loop_lag_seconds: { "": 0.25 } },
  ]);
  assert.deepEqual(both.antryk_sends_total, { "send-otp sent": 5, "send-otp pending": 1 });
  assert.deepEqual(both.antryk_event_loop_lag_seconds, { "": 0.5 });
});

test("a snapshot reads as Prometheus text, every label by its name", async () => {
  const metrics = new Metrics();
  metrics.count("antryk_sends_total", "send-otp sent");
  metrics.count("antryk_sends_total", "send-otp sent");
  metrics.count("antryk_gateway_attempts_total", "http timeout");
  metrics.addSource(() => ({ antryk_store_calls_total: { "": 7 } }));
  const text = await exposition(metrics.snapshot());
  assert.match(text, /^antryk_sends_total\{operation="send-otp",outcome="sent"\} 2$/m);
  assert.match(text, /^antryk_gateway_attempts_total\{gateway="http",class="timeout"\} 1$/m);
  assert.match(text, /^antryk_store_calls_total 7$/m);
  assert.match(text, /^# TYPE antryk_event_loop_lag_seconds gauge$/m);
});
