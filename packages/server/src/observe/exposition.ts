/** A snapshot in the text format that Prometheus reads. The library is loaded at the first request. */
import { type MetricKind, type MetricName, metricKinds, type Snapshot } from "./metrics.ts";

export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

export async function exposition(snapshot: Snapshot): Promise<string> {
  const { Counter, Gauge, Registry } = await import("prom-client");
  const registry = new Registry();
  for (const [name, { type, help, labels: labelNames }] of Object.entries(metricKinds) as [MetricName, MetricKind][]) {
    const settings = { name, help, labelNames: [...labelNames], registers: [registry] };
    const values = Object.entries(snapshot[name] ?? {}).map(([joined, value]) => ({
      labels: labelsOf(labelNames, joined),
      value,
    }));
    if (type === "counter") {
      const counter = new Counter(settings);
      for (const { labels, value } of values) counter.inc(labels, value);
    } else {
      const gauge = new Gauge(settings);
      for (const { labels, value } of values) gauge.set(labels, value);
    }
  }
  return registry.metrics();
}

function labelsOf(names: readonly string[], joined: string): Record<string, string> {
  const values = joined.split(" ");
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}
