/** `kill -9` under load, restart on the same file; and no code in any log or data file. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { sendBudget } from "@antryk/contract";
import { Installation, type RunningServer } from "@antryk/testkit/process";
import { startReceiver } from "@antryk/testkit/receiver";
import { until } from "@antryk/testkit/until";
import { request } from "undici";

const leaseMs = sendBudget.budgetMs + sendBudget.leaseExtraMs;
const kills = 3;
const workers = 24;
/** Answered sends before a kill: by count, so that a slow machine tests as much as a fast one. */
const sendsPerRound = 80;

interface Sent {
  readonly to: string;
  send: "200" | "unanswered";
  verify: "not tried" | "valid" | "unanswered";
}

test("kill -9 under load: answered sends verify, leases end, no code works twice, none is written down", async () => {
  await using installation = new Installation();
  await using receiver = await startReceiver();
  const caller = await installation.caller(
    "--provider",
    "http",
    "--http-url",
    receiver.url,
    "--code-length",
    "10",
    "--ttl",
    "600",
  );
  const headers = {
    "content-type": "application/json",
    "x-access-key": caller.accessKey,
    "x-secret-key": caller.secretKey,
  };
  const post = async (server: RunningServer, operation: string, body: object, key: Record<string, string> = {}) => {
    const reply = await request(`${server.baseUrl}/api/v1/sms/${operation}`, {
      method: "POST",
      headers: { ...headers, ...key },
      body: JSON.stringify({ serviceId: caller.serviceId, ...body }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a reply of either shape
    return { status: reply.statusCode, body: (await reply.body.json()) as any };
  };

  // Every third number is sent to without one.
  const keyOf = (to: string): Record<string, string> => (Number(to) % 3 === 0 ? {} : { "idempotency-key": to });
  const data = join(installation.folder, "data");
  const written = () => readdirSync(data).map((name) => readFileSync(join(data, name), "latin1"));

  const all: Sent[] = [];
  let next = 0;
  const work = async (server: RunningServer, stop: () => boolean) => {
    while (!stop()) {
      next += 1;
      const sent: Sent = { to: `+9198${String(10_000_000 + next)}`, send: "unanswered", verify: "not tried" };
      all.push(sent);
      const sendReply = await post(server, "send-otp", { to: sent.to }, keyOf(sent.to)).catch(() => undefined);
      if (!sendReply) return;
      assert.equal(sendReply.status, 200);
      sent.send = "200";
      if (next % 2 === 0) continue;
      sent.verify = "unanswered";
      const verifyReply = await post(server, "verify-otp", { to: sent.to, otp: receiver.codes(sent.to)[0] }).catch(
        () => undefined,
      );
      if (!verifyReply) return;
      assert.equal(verifyReply.body.data?.valid, true);
      sent.verify = "valid";
    }
  };

  const countAnswered = () => all.filter(({ send }) => send === "200").length;
  // What a crash leaves behind, its write-ahead log too.
  const places: string[] = [];
  let killedAt = 0;
  const unansweredSends = () => all.filter(({ send }) => send === "unanswered");
  // Each kill meets some two dozen requests; whether one of them was a send, and not all verifies, it does not choose.
  for (let round = 0; round < kills || unansweredSends().length === 0; round += 1) {
    const server = await installation.serve();
    let stopped = false;
    const load = Promise.all(Array.from({ length: workers }, () => work(server, () => stopped)));
    const enough = countAnswered() + sendsPerRound + 37 * round;
    // What goes wrong under load is said at once.
    await Promise.race([until(() => countAnswered() >= enough, { what: `${enough} answered sends` }), load]);
    const death = server.kill("SIGKILL");
    stopped = true;
    assert.equal(await death, "SIGKILL");
    killedAt = performance.now();
    await load;
    places.push(...written());
  }

  const server = await installation.serve();
  const answered = all.filter(({ send }) => send === "200");
  const unanswered = unansweredSends();
  assert.ok(
    answered.length >= kills * sendsPerRound && unanswered.length > 0,
    `${answered.length} answered, ${unanswered.length} not`,
  );
  for (const { to, verify } of answered) {
    const otp = receiver.codes(to)[0];
    const first = await post(server, "verify-otp", { to, otp });
    if (verify === "not tried") assert.equal(first.body.data?.valid, true, `${to}: ${JSON.stringify(first.body)}`);
    if (verify === "valid") assert.equal(first.status, 404);
    if (verify === "unanswered") assert.ok(first.status === 404 || first.body.data?.valid === true);
    assert.equal((await post(server, "verify-otp", { to, otp })).status, 404, "a code works once");
  }

  await sleep(Math.max(0, killedAt + leaseMs + 200 - performance.now()));
  for (const { to } of unanswered) {
    const reply = await post(server, "send-otp", { to }, keyOf(to));
    // A send whose answer was lost may have been settled: then it is pending, and its code works.
    if (reply.status === 409) assert.ok(reply.body.errors[0].expiresAt);
    else assert.equal(reply.status, 200, JSON.stringify(reply.body));
    const codes = receiver.codes(to);
    assert.equal(new Set(codes).size, 1, "messages of one verification say one code");
    assert.equal((await post(server, "verify-otp", { to, otp: codes[0] })).body.data?.valid, true);
  }

  await server.kill("SIGTERM");
  const codes = receiver.messages.map(
    ({ text }) => /\d{10}/.exec(text)?.[0] ?? assert.fail("a message without a code"),
  );
  places.push(installation.output, ...written());
  const found = new Set(places.flatMap((text) => text.match(/(?<!\d)\d{10}(?!\d)/g) ?? []));
  assert.deepEqual(
    codes.filter((code) => found.has(code)),
    [],
    "codes found in logs or data files",
  );
  assert.ok(places.filter((text) => text.includes(caller.serviceId)).length > kills, "what was read is not the store");
  for (const text of places) assert.ok(!text.includes(caller.secretKey), "the secret key is written down");
});
