/** A snapshot in the text format that Prometheus reads. The library is loaded at the first request. */
import { type MetricKind, type MetricName, metricKinds, type Snapshot, spans } from "./metrics.ts";

export const expositionType = "text/plain; version=0.0.4; charset=utf-8";

/** As prom-client passes metrics on between processes. */
interface Value {
  readonly value: number;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly metricName: string;
}

export async function exposition(snapshot: Snapshot): Promise<string> {
  const { AggregatorRegistry } = await import("prom-client");
  const kinds = Object.entries(metricKinds) as [MetricName, MetricKind][];
  const metrics = kinds.map(([name, kind]) => ({
    name,
    help: kind.help,
    type: kind.type,
    aggregator: "sum",
    values: valuesOf(name, kind, snapshot[name] ?? {}),
  }));
  return AggregatorRegistry.aggregate([metrics]).metrics();
}

function valuesOf(name: string, { type, labels }: MetricKind, given: Readonly<Record<string, number>>): Value[] {
  if (type === "histogram") return histogramOf(name, labels, given);
  const plain = Object.entries(given).map(([joined, value]) => ({
    value,
    labels: labelsOf(labels, joined.split(" ")),
    metricName: name,
  }));
  return plain.length === 0 && labels.length === 0 ? [{ value: 0, labels: {}, metricName: name }] : plain;
}

/** Prometheus wants each bucket to hold what the ones before it hold. */
function histogramOf(name: string, names: readonly string[], given: Readonly<Record<string, number>>): Value[] {
  const sets = Map.groupBy(Object.entries(given), ([joined]) => joined.slice(0, joined.lastIndexOf(" ")));
  return [...sets].flatMap(([joined, entries]) => {
    const labels = labelsOf(names, joined.split(" "));
    const parts = new Map(entries.map(([key, value]) => [key.slice(joined.length + 1), value]));
    let count = 0;
    const buckets = [...spans, "+Inf"].map((le, span): Value => {
      count += parts.get(String(span)) ?? 0;
      return { value: count, labels: { ...labels, le }, metricName: `${name}_bucket` };
    });
    const sum = { value: parts.get("sum") ?? 0, labels, metricName: `${name}_sum` };
    return [...buckets, sum, { value: count, labels, metricName: `${name}_count` }];
  });
}

function labelsOf(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}
