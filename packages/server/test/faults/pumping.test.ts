/**
 * The drill of docs/abuse.md: a flood to one prefix beside users of four countries, with a new service's own limits, a
 * limit of the service, and the guard in `enforce`. Then what an operator does: one command names it, one blocks it.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";

const flooded = "+3712012";
const flood = 5_000;
const ordinary = 600;
/** Clients that send at the same time. */
const lanes = 16;

const countries = [
  ["+9198", 8],
  ["+4915", 9],
  ["+1415", 7],
  ["+4477", 8],
] as const;

/** Numbers of four countries; no prefix has many. */
function userNumber(n: number): string {
  const [beginning, digits] = countries[n % 4] ?? countries[0];
  return `${beginning}${String(2_000_003 + n * 7_919).padStart(digits, "7")}`;
}

test("a flood to one prefix leaves users alone, is stopped, is named by one command and blocked by another", async () => {
  await using installation = new Installation();
  const flags = ["--service-limit", "2000/1h", "--new-prefix-limit", "100/1h", "--guard", "enforce"];
  const caller = await installation.caller(...flags);
  await using server = await installation.serveHere();
  const post = async (operation: string, body: object) => {
    const reply = await fetch(`${server.baseUrl}/api/v1/sms/${operation}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        "x-access-key": caller.accessKey,
        "x-secret-key": caller.secretKey,
      },
      body: JSON.stringify({ serviceId: caller.serviceId, ...body }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: replies of every shape
    return { status: reply.status, body: (await reply.json()) as any };
  };
  const codeOf = async (to: string): Promise<string> => {
    const reply = await fetch(`${server.operationsUrl}/sandbox/messages?to=${encodeURIComponent(to)}`);
    const { messages } = (await reply.json()) as { messages: { text: string }[] };
    return /\b\d{6}\b/.exec(messages[0]?.text ?? "")?.[0] ?? "";
  };

  let refusedUsers = 0;
  let passed = 0;
  const user = async (n: number) => {
    const to = userNumber(n);
    const { status, body } = await post("send-otp", { to, clientIp: `203.0.${n % 40}.7` });
    if (status !== 200) refusedUsers += 1;
    else if (n % 5 !== 0) {
      const verified = await post("verify-otp", { to, otp: await codeOf(to) });
      assert.equal(verified.body.data?.valid, true, JSON.stringify(body));
    }
  };
  const pumper = async (n: number) => {
    const to = `${flooded}${String((n * 7) % 10_000).padStart(4, "0")}`;
    const { status } = await post("send-otp", { to, clientIp: `198.51.${n % 200}.${1 + (n % 250)}` });
    if (status === 200) passed += 1;
  };
  // Users come before the flood and during it.
  const works = [
    ...Array.from({ length: ordinary / 3 }, (_, n) => () => user(n)),
    ...Array.from({ length: flood }, (_, n) => () => pumper(n)).flatMap((work, n) => {
      const every = Math.floor(flood / ((2 * ordinary) / 3));
      return n % every === 0 && n / every < (2 * ordinary) / 3 ? [work, () => user(ordinary / 3 + n / every)] : [work];
    }),
  ];
  const queue = works.values();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const work of queue) await work();
    }),
  );
  assert.ok(refusedUsers <= ordinary * 0.01, `${refusedUsers} of ${ordinary} users were refused`);
  assert.ok(passed <= flood * 0.02, `${passed} of ${flood} pumped messages left`);

  const named = async () => {
    const top = await installation.json("top", "--by", "prefix", "--since", "1h");
    const [first] = top.rows as unknown as { of: string; verified: number; refused: Record<string, number> }[];
    return first?.of === flooded && first;
  };
  const first = await until(named, { what: () => "the flooded prefix is named" });
  assert.equal(first.verified, 0);
  assert.ok(Object.keys(first.refused).length > 0);

  await installation.json("block", "add", flooded, "--until", "6h");
  const blocked = await until(
    async () => {
      const { status, body } = await post("send-otp", { to: `${flooded}9999` });
      // Of many refusals in one second not all are kept.
      return status === 403 && body.errors[0].reason === "block_list" && body.errors[0].decisionId && body.errors[0];
    },
    { what: () => "the prefix is blocked" },
  );
  const found = await until(
    async () => (await installation.run("decision", "show", blocked.decisionId, "--json")).stdout,
    { what: () => "the decision is kept" },
  );
  const { to, reason } = JSON.parse(found) as { to: string; reason: string };
  assert.equal(reason, "block_list");
  assert.doesNotMatch(to, /37120129999/, "numbers are masked");
  assert.equal((await post("send-otp", { to: userNumber(ordinary) })).status, 200);
});
