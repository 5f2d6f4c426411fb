import assert from "node:assert/strict";
import { test } from "node:test";
import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { devanagariMessage, gsm7Message, Rig, type RigSubject } from "@antryk/testkit/gateways/rig";
import { reply } from "@antryk/testkit/gateways/scripted-server";
import { provider } from "./msg91.ts";
import type { FailureClass } from "./port.ts";

const authKey = "103801ASIjpSVep5dadb6b2";
const messageId = "5762846b4f8d285d378b4567";

const subject: RigSubject = {
  provider,
  config: (baseUrl) => ({ authKey, sender: "ACMEXY", baseUrl }),
  secrets: [authKey],
};

const refusal = (code: string, failure: FailureClass, status = 200) => ({
  name: `${status} with ${code}`,
  status,
  body: { type: "error", message: `refused ${gsm7Message.to} for ${authKey}`, code },
  class: failure,
  detail: `HTTP ${status} code ${code}`,
});

/** Webhook version 2. */
const form = (status: string, desc: string) =>
  new URLSearchParams({
    data: JSON.stringify([
      {
        senderId: "ACMEXY",
        requestId: messageId,
        report: [{ date: "2024-05-22 10:06:20", number: "919876543210", credit: "1", status, desc, failedReason: "" }],
        userId: "270000",
        campaignName: "Sendhttp",
      },
    ]),
  });

/** Webhook version 3. */
const json = (status: string, desc: string) => ({
  date: "2024-05-22 09:58:16",
  number: "919876543210",
  senderId: "ACMEXY",
  amount: "0.01",
  requestId: messageId,
  credit: "1",
  status,
  desc,
});

const expected = { sender: "ACMEXY", route: "4", country: "91" };

httpGatewayConformance({
  ...subject,
  request: {
    method: "POST",
    path: "/api/v2/sendsms",
    headers: { authkey: authKey, accept: "application/json", "content-type": "application/json" },
    gsm7: { ...expected, sms: [{ message: gsm7Message.text, to: ["919876543210"] }] },
    devanagari: {
      ...expected,
      sender: "ACMEIN",
      unicode: "1",
      DLT_TE_ID: "1207161234567890123",
      sms: [{ message: devanagariMessage.text, to: ["919876543210"] }],
    },
  },
  accepted: [
    {
      name: "success",
      status: 200,
      body: { message: messageId, type: "success" },
      result: { outcome: "accepted", messageId },
    },
  ],
  refused: [
    refusal("101", "rejected"),
    refusal("102", "rejected"),
    refusal("103", "rejected"),
    refusal("105", "auth"),
    refusal("106", "auth"),
    refusal("107", "rejected"),
    refusal("202", "invalid_recipient"),
    refusal("202", "invalid_recipient", 400),
    refusal("203", "rejected"),
    refusal("207", "auth"),
    refusal("207", "auth", 401),
    refusal("208", "auth"),
    refusal("301", "quota"),
    refusal("302", "auth"),
    refusal("303", "auth"),
    refusal("306", "unavailable"),
    refusal("310", "rejected"),
    refusal("311", "rejected"),
    refusal("418", "auth"),
    refusal("999", "rejected"),
    refusal("999", "unavailable", 503),
    {
      name: "200 with an error without a code",
      status: 200,
      body: { type: "error", message: authKey },
      class: "rejected",
      detail: "HTTP 200",
    },
  ],
  unmarked: [
    { name: "success without an id", status: 200, body: { type: "success" } },
    { name: "success with a sentence", status: 200, body: { type: "success", message: "SMS sent to 919876543210" } },
    { name: "an id without a type", status: 200, body: { message: messageId } },
  ],
  receipts: {
    samples: [
      { name: "v2, delivered", body: form("1", "DELIVERED"), expected: [{ messageId, status: "delivered" }] },
      { name: "v3, delivered", body: json("1", "DELIVERED"), expected: [{ messageId, status: "delivered" }] },
      { name: "v2, failed", body: form("2", "FAILED"), expected: [{ messageId, status: "undelivered", code: "2" }] },
      { name: "v3, NDNC", body: json("9", "NDNC"), expected: [{ messageId, status: "undelivered", code: "9" }] },
      {
        name: "v3, rejected",
        body: json("16", "REJECTED"),
        expected: [{ messageId, status: "undelivered", code: "16" }],
      },
      {
        name: "v2, blocked",
        body: form("17", "BLOCKED"),
        expected: [{ messageId, status: "undelivered", code: "17" }],
      },
      {
        name: "v2, rejected",
        body: form("25", "REJECTED"),
        expected: [{ messageId, status: "undelivered", code: "25" }],
      },
      {
        name: "several",
        body: [json("1", "DELIVERED"), { ...json("2", "FAILED"), requestId: "other" }],
        expected: [
          { messageId, status: "delivered" },
          { messageId: "other", status: "undelivered", code: "2" },
        ],
      },
    ],
    unknown: { name: "a new state", body: json("77", "VANISHED"), code: "77" },
    malformed: [
      { name: "no request id", body: { ...json("1", "DELIVERED"), requestId: undefined } },
      { name: "a form without data", body: new URLSearchParams({ other: "1" }) },
      { name: "a form with broken data", body: new URLSearchParams({ data: "[{" }) },
    ],
  },
});

test("a number outside India goes with country 0", async () => {
  await using rig = await Rig.start(subject, reply(200, { message: messageId, type: "success" }));
  await rig.send({ ...gsm7Message, to: "+14155550100" });
  const { country, sms } = JSON.parse(String(rig.server.requests[0]?.body));
  assert.deepEqual([country, sms[0].to], ["0", ["14155550100"]]);
});
