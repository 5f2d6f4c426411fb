/** The commands about the guard, over a store that has seen something. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";

test("guard, top and decision: modes are set, and what was decided is found", async () => {
  await using installation = new Installation();
  const caller = await installation.caller("--countries", "IN");
  const other = await installation.json(
    ...["service", "create", "--account", caller.accountId, "--name", "Other", "--countries", "all"],
  );
  const services = async () => {
    const shown = (await installation.json("guard", "show")).services as unknown as {
      serviceId: string;
      guard: string;
    }[];
    return Object.fromEntries(shown.map(({ serviceId, guard }) => [serviceId, guard]));
  };
  const [one, two] = [caller.serviceId, String(other.serviceId)];
  assert.deepEqual(await services(), { [one]: "monitor", [two]: "monitor" });
  await installation.json("guard", "enforce");
  await installation.json("guard", "off", "--rule", "burst", "--service", two);
  assert.deepEqual(await services(), {
    [one]: "enforce",
    [two]: "conversion=enforce,client=enforce,sequence=enforce,burst=off",
  });
  const unknown = await installation.run("guard", "off", "--service", caller.accountId);
  assert.deepEqual([unknown.code, /there is no service/i.test(unknown.stderr)], [1, true], unknown.stderr);

  await using server = await installation.serveHere();
  const send = async (to: string) => {
    const reply = await fetch(`${server.baseUrl}/api/v1/sms/send-otp`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-access-key": caller.accessKey,
        "x-secret-key": caller.secretKey,
        "x-request-id": `req-${to.slice(1)}`,
      },
      body: JSON.stringify({ to, serviceId: one, clientIp: "203.0.113.7" }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: replies of every shape
    return (await reply.json()) as any;
  };
  assert.equal((await send("+919876543210")).success, true);
  const [refused] = (await send("+447400123456")).errors;
  assert.deepEqual([refused.reason, refused.type], ["country", "recipient_blocked"]);

  const decisions = async (...flags: string[]) =>
    (await installation.json("decision", "list", ...flags)).decisions as unknown as Record<string, unknown>[];
  const [decision] = await until(async () => ((await decisions()).length > 0 ? decisions() : undefined), {
    what: () => "the decision is kept",
  });
  assert.deepEqual(decision, {
    decisionId: refused.decisionId,
    at: decision?.at,
    to: decision?.to,
    requestId: "req-447400123456",
    accountId: caller.accountId,
    serviceId: one,
    operation: "send-otp",
    country: "GB",
    network: "203.0.113.0/24",
    reason: "country",
    rule: null,
    threshold: null,
    observed: null,
    mode: "enforce",
  });
  assert.doesNotMatch(String(decision?.to), /447400123456/);
  for (const flags of [
    ["--to", "+447400123456"],
    ["--request", "req-447400123456"],
    ["--service", one],
  ])
    assert.equal((await decisions(...flags)).length, 1, flags.join(" "));
  for (const flags of [
    ["--to", "+447400123457"],
    ["--service", two],
  ])
    assert.equal((await decisions(...flags)).length, 0, flags.join(" "));
  assert.equal((await installation.json("decision", "show", refused.decisionId)).reason, "country");
  assert.equal((await installation.run("decision", "show", two)).code, 1);

  const top = async (by: string) =>
    (await installation.json("top", "--by", by)).rows as unknown as Record<string, unknown>[];
  assert.deepEqual(await top("country"), [
    { of: "IN", sends: 1, verified: 0, conversion: 0, cost: {}, refused: {} },
    { of: "GB", sends: 0, verified: 0, conversion: null, cost: {}, refused: { country: 1 } },
  ]);
  await installation.json("account", "update", caller.accountId, "--currency", "EUR", "--default-price", "0.0123");
  assert.deepEqual(
    (await top("country")).map(({ cost }) => cost),
    [{ EUR: 12_300 }, {}],
  );
  assert.deepEqual(
    (await top("prefix")).map(({ of }) => of),
    ["+91987654", "+44740012"],
  );
  assert.deepEqual(
    (await top("client")).map(({ of, sends }) => [of, sends]),
    [["203.0.113.0/24", 1]],
  );
  assert.deepEqual(
    (await top("service")).map(({ of, sends }) => [of, sends]),
    [[one, 1]],
  );
  const rules = join(installation.folder, "new.json");
  writeFileSync(rules, JSON.stringify({ countries: "GB" }));
  const replayed = await installation.json("guard", "replay", "--service", one, "--rules", rules);
  assert.deepEqual([replayed.sends, replayed.refused], [1, [{ rule: "country", sends: 1, verified: 0 }]]);
  writeFileSync(rules, "[1]");
  assert.equal((await installation.run("guard", "replay", "--service", one, "--rules", rules)).code, 1);
  assert.equal((await installation.run("top", "--since", "2d")).code, 2);
  assert.match((await installation.run("top")).stdout, /PREFIX +SENDS +VERIFIED/);
});
