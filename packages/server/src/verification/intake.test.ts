/** What intake finds, as values: the contract's order of checks without any surface. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { operations, type PostOperation, postOperations } from "@antryk/contract";
import { serviceWith } from "@antryk/testkit/inputs/services";
import type { Access } from "../model/account.ts";
import { noLists } from "../policy/lists.ts";
import { noPrices } from "../policy/prices.ts";
import { type Intake, intake } from "./intake.ts";

const service = serviceWith();
const access: Access = {
  accountId: service.accountId,
  secretHash: Buffer.alloc(32),
  accountLimits: [],
  recipientLimits: [],
};

/** It has one service. */
const directory = {
  lists: async () => noLists,
  prices: async () => noPrices,
  service: async (accountId: string, id: string) =>
    accountId === access.accountId && id === service.id ? service : undefined,
};
const good = { to: "+919876543210", serviceId: service.id, otp: "482915", locale: "HI", clientIp: "2001:db8::1" };

function take(
  operation: PostOperation,
  changes: Readonly<Record<string, unknown>> = {},
  idempotencyKey?: string,
): Promise<Intake> {
  return intake(directory, operation, { access, fields: { ...good, ...changes }, idempotencyKey });
}

/** What is at fault, in the order in which it is looked for. */
function faultsOf(operation: PostOperation): { changes: Record<string, unknown>; type: string; param: string }[] {
  const all = [
    { changes: { serviceId: "x" }, type: operations[operation].badService, param: "serviceId" },
    { changes: { to: "+9112" }, type: "invalid_recipient", param: "to" },
    { changes: { otp: "12" }, type: "otp_invalid", param: "otp" },
    { changes: { locale: 1 }, type: "invalid_parameter", param: "locale" },
    { changes: { clientIp: "nowhere" }, type: "invalid_parameter", param: "clientIp" },
    { changes: { limits: { user: 1 } }, type: "invalid_parameter", param: "limits" },
    { changes: { metadata: [] }, type: "invalid_parameter", param: "metadata" },
  ];
  return all.filter(({ param }) => param in operations[operation].request.properties);
}

for (const operation of postOperations) {
  test(`${operation}: of any two faults the earlier check refuses, with its type and param`, async () => {
    const faults = faultsOf(operation);
    for (const [index, first] of faults.entries())
      for (const second of [first, ...faults.slice(index + 1)]) {
        const { type, param } = first;
        const found = await take(operation, { ...second.changes, ...first.changes });
        assert.deepEqual(
          found,
          { kind: "refused", type, param, idempotency: undefined },
          `${param} before ${second.param}`,
        );
      }
  });

  test(`${operation}: a field that it does not have is not looked at`, async () => {
    const fields = operations[operation].request.properties;
    const changes = Object.fromEntries(
      ["otp", "locale", "clientIp", "other"].filter((name) => !(name in fields)).map((name) => [name, 1]),
    );
    assert.equal((await take(operation, changes)).kind, "admitted");
  });
}

test("what is admitted is the request with its values in canonical form", async () => {
  assert.deepEqual(
    await take("send-otp", {
      serviceId: service.id.toUpperCase(),
      limits: { user: "u-1" },
      metadata: { order: "A-17" },
    }),
    {
      kind: "admitted",
      request: {
        access,
        service,
        channel: "sms",
        to: good.to,
        client: { address: "2001:db8::/64", networks: ["2001:db8::/56", "2001:db8::/48"] },
        named: { user: "u-1" },
        metadata: '{"order":"A-17"}',
        lists: noLists,
        prices: undefined,
        locale: "hi",
        idempotency: undefined,
        requestId: undefined,
      },
    },
  );
  const verify = await take("verify-otp");
  assert.ok(verify.kind === "admitted");
  assert.equal(verify.request.locale, undefined, "a verb that sends nothing has no locale");
});

test("a service of another account is unknown", async () => {
  const other = { ...access, accountId: "b" };
  const found = await intake(directory, "send-otp", { access: other, fields: good, idempotencyKey: undefined });
  assert.deepEqual(found, { kind: "refused", type: "invalid_request", param: "serviceId", idempotency: undefined });
});

async function fingerprint(operation: PostOperation, changes: Readonly<Record<string, unknown>> = {}) {
  const found = await take(operation, changes, "key");
  const idempotency = found.kind === "admitted" ? found.request.idempotency : found.idempotency;
  assert.equal(idempotency?.key, "key");
  return idempotency.fields;
}

test("an idempotency key goes along, admitted or refused, with what its fingerprint is made of", async () => {
  const fields = await fingerprint("verify-otp");
  const same = [{ serviceId: service.id.toUpperCase() }, { clientIp: "nowhere" }, { accessKey: "a", secretKey: "s" }];
  for (const changes of same)
    assert.deepEqual(await fingerprint("verify-otp", changes), fields, JSON.stringify(changes));
  const others = [
    { to: "+919876543211" },
    { to: undefined },
    { to: null },
    { serviceId: "x" },
    { otp: "482916" },
    { otp: 482915 },
  ];
  const seen = [fields, ...(await Promise.all(others.map((changes) => fingerprint("verify-otp", changes))))];
  assert.equal(new Set(seen.map((each) => JSON.stringify(each))).size, seen.length);
});

test("limits and metadata are small objects of strings; anything else is refused", async () => {
  const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, index) => [`k${index}`, "v"]));
  const bad = [null, "x", 1, [], ["a"], { a: 1 }, { a: null }, { a: {} }, { a: "" }, { "": "a" }, { a: "\ud800" }];
  for (const [field, fine, wrong] of [
    [
      "limits",
      [{}, many(3), { "a.b-C_1": "é".repeat(128) }],
      [many(4), { "a b": "x" }, { [`a${"b".repeat(64)}`]: "x" }],
    ],
    [
      "metadata",
      [{}, many(10), { "a b": "x".repeat(128) }],
      [many(11), { a: "x".repeat(129) }, { ["x".repeat(129)]: "x" }],
    ],
  ] as const) {
    for (const value of fine) assert.equal((await take("send-otp", { [field]: value })).kind, "admitted");
    for (const value of [...bad, ...wrong]) {
      const found = await take("send-otp", { [field]: value });
      assert.ok(found.kind === "refused" && found.param === field, JSON.stringify(value));
    }
  }
});

test("metadata makes another request of an idempotency key, in whatever order it stands", async () => {
  const given = (metadata: object) => fingerprint("send-otp", { metadata });
  assert.deepEqual(await given({ a: "1", b: "2" }), await given({ b: "2", a: "1" }));
  assert.notDeepEqual(await given({ a: "1" }), await given({ a: "2" }));
  assert.notDeepEqual(await given({ a: "1" }), await given({}));
});
