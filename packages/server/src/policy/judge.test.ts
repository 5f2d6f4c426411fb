import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceWith } from "@antryk/testkit/inputs/services";
import type { Access } from "../model/account.ts";
import { type Judged, judge } from "./judge.ts";

const perMinute = (count: number) => ({ count, windowMs: 60_000 });
const service = serviceWith({ serviceLimits: [perMinute(1), perMinute(2)], clientLimits: [perMinute(3)] });
const { accountId } = service;
const access: Access = { accountId, secretHash: Buffer.alloc(32), accountLimits: [perMinute(4)] };
const message: Judged = { operation: "send-otp", access, service, to: "+919876543210", client: "203.0.113.7" };

test("a message is charged to every limit of its service, its account and its client", () => {
  assert.deepEqual(judge(message), {
    kind: "allowed",
    charges: [
      { scope: "service", subject: service.id, limit: perMinute(1) },
      { scope: "service", subject: service.id, limit: perMinute(2) },
      { scope: "account", subject: accountId, limit: perMinute(4) },
      { scope: "client", subject: `${service.id} 203.0.113.7`, limit: perMinute(3) },
    ],
  });
});

test("a client that is not known is charged to nothing", () => {
  const verdict = judge({ ...message, client: undefined });
  assert.ok(verdict.kind === "allowed");
  assert.deepEqual(
    verdict.charges.map(({ scope }) => scope),
    ["service", "service", "account"],
  );
});

test("without limits there is nothing to charge", () => {
  const unlimited = { ...service, serviceLimits: [], clientLimits: [] };
  const verdict = judge({ ...message, service: unlimited, access: { ...access, accountLimits: [] } });
  assert.deepEqual(verdict, { kind: "allowed", charges: [] });
});

test("a resend is not judged by the kind of number again", () => {
  const satellite = { ...message, to: "+881612345678" };
  assert.deepEqual(judge(satellite), { kind: "refused", reason: "number_type", retryAfterMs: undefined });
  assert.equal(judge({ ...satellite, operation: "resend-otp" }).kind, "allowed");
});
