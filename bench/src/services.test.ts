import assert from "node:assert/strict";
import { test } from "node:test";
import { sqlite } from "./engines/sqlite.ts";
import { Receivers } from "./gateways/receivers.ts";
import { Meter } from "./load/measure.ts";
import { pathNamed } from "./load/paths.ts";
import { Checkout } from "./processes/checkout.ts";
import { Server } from "./processes/server.ts";
import { rowCounts } from "./rows/soak-rows.ts";

test("calls are answered as they should be, and each row's sends leave in the store what it is about", async () => {
  await using receivers = await Receivers.start();
  await using meter = new Meter(receivers);
  const services = ["limit", "verify", "smpp", "report"] as const;
  await using installation = await sqlite.install({ checkout: Checkout.own, addresses: receivers.addresses, services });
  await using server = await Server.start(installation);
  const call = async (name: string) => {
    const path = pathNamed(name);
    const { requests } = await meter.send(path, server, await meter.prepare(path, server, 64));
    const { message = 0, counter = 0 } = rowCounts(installation);
    return { requests, message, counter };
  };
  assert.deepEqual(await call("verify"), { requests: 64, message: 0, counter: 0 });
  assert.deepEqual(await call("send-smpp"), { requests: 64, message: 0, counter: 0 });
  assert.deepEqual(await call("send-report"), { requests: 64, message: 64, counter: 0 });
  const limited = await call("send-limit");
  assert.ok(limited.counter > 0, "the limit counts");
  assert.deepEqual(meter.failures, []);
});
