/** Several real processes: workers behind one port, and two servers on one database. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startPostgres, type TestDatabase } from "@antryk/testkit/postgres";
import { Installation, isAlive, type RunningServer } from "@antryk/testkit/process";
import { startReceiver } from "@antryk/testkit/receiver";
import { until } from "@antryk/testkit/until";
import { Agent, request } from "undici";

const postgres = await startPostgres();
after(() => postgres[Symbol.asyncDispose]());

const workers = { ANTRYK_WORKERS: "2", ANTRYK_DATABASE_CONNECTIONS: "2" };

function installationOf(database: TestDatabase, env: Record<string, string> = {}): Installation {
  return new Installation({ ANTRYK_DATABASE_URL: database.patientUrl, ...env });
}

type Caller = Awaited<ReturnType<Installation["caller"]>>;

/** Each request on a new connection, so that the workers take turns. */
async function ask(
  server: RunningServer,
  path: string,
  caller?: Caller,
  body?: object,
  headers: Record<string, string> = {},
) {
  const dispatcher = new Agent({ connections: 1, pipelining: 0 });
  try {
    const isOperators = /^\/(metrics|sandbox)/.test(path);
    const reply = await request(`${isOperators ? server.operationsUrl : server.baseUrl}${path}`, {
      dispatcher,
      method: body ? "POST" : "GET",
      headers: {
        "content-type": "application/json",
        ...(caller && { "x-access-key": caller.accessKey, "x-secret-key": caller.secretKey }),
        ...headers,
      },
      ...(body && caller && { body: JSON.stringify({ serviceId: caller.serviceId, ...body }) }),
    });
    const text = await reply.body.text();
    return {
      status: reply.statusCode,
      headers: reply.headers,
      text,
      // biome-ignore lint/suspicious/noExplicitAny: replies of every shape
      body: (text.startsWith("{") ? JSON.parse(text) : undefined) as any,
    };
  } finally {
    await dispatcher.close();
  }
}

const post = (
  server: RunningServer,
  operation: string,
  caller: Caller,
  body: object,
  headers?: Record<string, string>,
) => ask(server, `/api/v1/sms/${operation}`, caller, body, headers);

const numbers = (first: number, count: number) =>
  Array.from({ length: count }, (_, n) => `+9198${String(first + n).padStart(8, "0")}`);

/** Once both workers have answered in it: one that is slow is left out. */
async function metricsOfAll(server: RunningServer): Promise<string> {
  const read = async () => {
    const { text } = await ask(server, "/metrics");
    return /^antryk_workers 2$/m.test(text) ? text : undefined;
  };
  return until(read, { what: "both workers answer", everyMs: 100 });
}

async function workerPids(server: RunningServer): Promise<number[]> {
  const { readFileSync } = await import("node:fs");
  return readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8")
    .trim()
    .split(" ")
    .filter(Boolean)
    .map(Number);
}

test("two workers show one inbox, verify each other's codes and count together; SIGTERM ends them with 0", async () => {
  await using database = await postgres.database();
  await using installation = installationOf(database, workers);
  const caller = await installation.caller("--ttl", "600");
  const server = await installation.serve();
  assert.equal((await workerPids(server)).length, 2);

  const sent = numbers(10_000_000, 12);
  for (const to of sent) assert.equal((await post(server, "send-otp", caller, { to })).status, 200);
  for (let n = 0; n < 6; n += 1) {
    const { messages } = (await ask(server, "/sandbox/messages")).body;
    assert.deepEqual(
      messages.map(({ to }: { to: string }) => to),
      sent.toReversed(),
      "every worker answers the same",
    );
  }
  const answered = await Promise.all(
    sent.map(async (to) => {
      const [message] = (await ask(server, `/sandbox/messages?to=${encodeURIComponent(to)}`)).body.messages;
      return post(server, "verify-otp", caller, { to, otp: /\d{6}/.exec(message.text)?.[0] });
    }),
  );
  assert.ok(answered.every(({ body }) => body.data.valid === true));

  const text = await metricsOfAll(server);
  assert.match(text, /^antryk_sends_total\{operation="send-otp",service="[^"]+",country="IN",outcome="sent"\} 12$/m);
  assert.match(text, /^antryk_verifies_total\{outcome="valid"\} 12$/m);
  assert.match(text, /^antryk_gateway_attempts_total\{gateway="sandbox",class="accepted"\} 12$/m);
  assert.match(text, /^antryk_workers 2$/m);

  const pids = await workerPids(server);
  assert.equal(await server.kill("SIGTERM"), 0);
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), "no worker is left behind");
  await assert.rejects(ask(server, "/healthz"), "the server no longer listens");
});

test("kill -9 of a worker: service goes on, another takes its place, and what was sent verifies", async () => {
  await using database = await postgres.database();
  await using installation = installationOf(database, workers);
  const caller = await installation.caller("--ttl", "600");
  const server = await installation.serve();
  const sent = numbers(20_000_000, 40);
  const before = await workerPids(server);
  const statuses: number[] = [];
  for (const [n, to] of sent.entries()) {
    if (n === 10) process.kill(before[0] ?? 0, "SIGKILL");
    // One that was being answered by the killed worker is cut off; a client asks again.
    const reply = await post(server, "send-otp", caller, { to }).catch(() => post(server, "send-otp", caller, { to }));
    statuses.push(reply.status);
  }
  // 409: the answer was cut off when all was done.
  assert.ok(
    statuses.every((status, n) => status === 200 || (n === 10 && status === 409)),
    String(statuses),
  );
  await until(async () => (await workerPids(server)).length === 2, {
    what: "a worker takes the place of the killed one",
    everyMs: 50,
  });
  const now = await workerPids(server);
  assert.ok(!now.includes(before[0] ?? 0) && now.includes(before[1] ?? 0), `${before} → ${now}`);

  const { messages } = (await ask(server, "/sandbox/messages")).body as { messages: { to: string; text: string }[] };
  const texts = new Map(messages.map(({ to, text }) => [to, text]));
  assert.equal(texts.size, sent.length, "the inbox outlives the worker");
  for (const [to, text] of texts) {
    const reply = await post(server, "verify-otp", caller, { to, otp: /\d{6}/.exec(text)?.[0] });
    assert.equal(reply.body.data?.valid, true, to);
  }
  assert.match(await metricsOfAll(server), /^antryk_worker_restarts_total 1$/m);
  assert.match(installation.output, /"event":"worker_ended".*"signal":"SIGKILL"/);
  assert.equal(await server.kill("SIGTERM"), 0);
});

test("kill -9 of the supervisor leaves no worker behind", async () => {
  await using database = await postgres.database();
  await using installation = installationOf(database, workers);
  await installation.caller();
  const server = await installation.serve();
  const pids = await workerPids(server);
  await server.kill("SIGKILL");
  await until(() => !pids.some(isAlive), { what: "the workers end" });
});

test("two servers on one database: an Idempotency-Key sent to both at once is one SMS", async () => {
  await using database = await postgres.database();
  await using receiver = await startReceiver();
  await using installation = installationOf(database);
  const caller = await installation.caller(
    "--provider",
    "http",
    "--http-url",
    receiver.url,
    "--recipient-limit",
    "off",
  );
  const servers = [await installation.serve(), await installation.serve()];
  for (const [n, to] of numbers(30_000_000, 25).entries()) {
    const replies = await Promise.all(
      servers.map((server) => post(server, "send-otp", caller, { to }, { "idempotency-key": `both-${n}` })),
    );
    assert.equal(
      receiver.codes(to).length,
      1,
      `${to}: ${JSON.stringify(replies.map(({ status, body }) => [status, body]))}`,
    );
    // One sends; the other gets 409 while it runs, or the stored reply.
    for (const { status } of replies) assert.ok(status === 200 || status === 409);
    const again = await Promise.all(
      servers.map((server) => post(server, "send-otp", caller, { to }, { "idempotency-key": `both-${n}` })),
    );
    for (const { status, headers } of again) assert.deepEqual([status, headers["idempotency-replayed"]], [200, "true"]);
    assert.equal(receiver.codes(to).length, 1);
  }
  assert.equal(receiver.messages.length, 25);
});

test("what keeps the workers from starting is said once; SQLite takes one", async () => {
  await using one = new Installation();
  const refused = await one.run("serve", "--workers", "2");
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /^antryk: 2 workers can't share SQLite: it has one writer, [^\n]* 50 times slower[^\n]*\n$/,
  );
  assert.equal((await one.run("serve", "--workers", "0")).code, 2);
  assert.match(
    (await new Installation({ ANTRYK_WORKERS: "many" }).run("serve")).stderr,
    /^antryk: ANTRYK_WORKERS is malformed/,
  );

  await using database = await postgres.database();
  await using first = installationOf(database);
  await first.caller();
  const server = await first.serve();
  await using second = installationOf(database, {
    ...workers,
    ANTRYK_PORT: new URL(server.baseUrl).port,
    ANTRYK_KEYRING: `${first.folder}/data/keyring.json`,
  });
  const inUse = await second.run("serve");
  assert.equal(inUse.code, 1);
  assert.equal(inUse.stderr.match(/can't listen on .*EADDRINUSE/g)?.length, 1, inUse.stderr);
});
