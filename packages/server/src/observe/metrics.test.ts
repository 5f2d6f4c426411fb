import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { exposition } from "./exposition.ts";
import { type MetricKind, Metrics, metricKinds, summed } from "./metrics.ts";

test("counts of several processes are summed by label, the lag is the slowest one's", () => {
  const both = summed([
    {
      antryk_sends_total: { "send-otp S IN sent": 2, "send-otp S IN pending": 1 },
      antryk_event_loop_lag_seconds: { "": 0.5 },
    },
    { antryk_sends_total: { "send-otp S IN sent": 3 }, antryk_event_loop_lag_seconds: { "": 0.25 } },
  ]);
  assert.deepEqual(both.antryk_sends_total, { "send-otp S IN sent": 5, "send-otp S IN pending": 1 });
  assert.deepEqual(both.antryk_event_loop_lag_seconds, { "": 0.5 });
});

test("a snapshot reads as Prometheus text, every label by its name", async () => {
  const metrics = new Metrics();
  metrics.count("antryk_sends_total", "send-otp S IN sent");
  metrics.count("antryk_sends_total", "send-otp S IN sent");
  metrics.count("antryk_gateway_attempts_total", "http timeout");
  metrics.addSource(() => ({ antryk_store_calls_total: { "": 7 } }));
  const text = await exposition(metrics.snapshot());
  assert.match(text, /^antryk_sends_total\{operation="send-otp",service="S",country="IN",outcome="sent"\} 2$/m);
  assert.match(text, /^antryk_gateway_attempts_total\{gateway="http",class="timeout"\} 1$/m);
  assert.match(text, /^antryk_store_calls_total 7$/m);
  assert.match(text, /^# TYPE antryk_event_loop_lag_seconds gauge$/m);
});

test("of sets of labels only so many are kept; the rest is counted as others", () => {
  const metrics = new Metrics();
  for (let n = 0; n < 2_500; n += 1) metrics.count("antryk_verifies_total", `outcome${n}`);
  const values = metrics.snapshot().antryk_verifies_total ?? {};
  assert.equal(Object.keys(values).length, 2_001);
  assert.equal(values.other, 500);
});

test("a histogram's buckets hold those before them, also of several processes", async () => {
  const [one, other] = [new Metrics(), new Metrics()];
  for (const seconds of [0.003, 0.03, 0.03, 99]) one.observe("antryk_gateway_seconds", "a", seconds);
  other.observe("antryk_gateway_seconds", "a", 0.005);
  const text = await exposition(summed([one.snapshot(), other.snapshot()]));
  const buckets = [...text.matchAll(/^antryk_gateway_seconds_bucket\{.*le="([^"]+)".*\} (\d+)$/gm)];
  const byBound = Object.fromEntries(buckets.map(([, le = "", count]) => [le, Number(count)]));
  assert.deepEqual(
    [byBound["0.005"], byBound["0.025"], byBound["0.05"], byBound["10"], byBound["+Inf"]],
    [2, 2, 4, 4, 5],
  );
  assert.match(text, /^antryk_gateway_seconds_count\{gateway="a"\} 5$/m);
  assert.match(text, /^antryk_gateway_seconds_sum\{gateway="a"\} 99\.06/m);
  assert.match(text, /^# TYPE antryk_gateway_seconds histogram$/m);
});

test("alerts and the dashboard ask for metrics and labels that there are", () => {
  const kinds = new Map<string, MetricKind>(Object.entries(metricKinds));
  for (const file of ["prometheus/antryk.rules.yaml", "grafana/antryk.json"]) {
    const text = readFileSync(new URL(`../../../../deploy/${file}`, import.meta.url), "utf8");
    for (const [, name = "", selector = ""] of text.matchAll(
      /\b(antryk_\w+?)(?:_bucket)?\b(?:\{([^}]*)\})?(?=[^\w]|$)/g,
    )) {
      const kind = kinds.get(name);
      assert.ok(kind, `${file}: ${name}`);
      for (const [, label = ""] of selector.matchAll(/(\w+)\\?=~?/g))
        assert.ok(kind.labels.includes(label), `${file}: ${name} has no label ${label}`);
    }
  }
});
