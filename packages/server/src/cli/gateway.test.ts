/** Gateways, routes and test messages as operators make them: the real command, in a separate folder. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { replies, startGateway } from "@antryk/testkit/gateway";
import { Installation } from "@antryk/testkit/process";
import { startReceiver } from "@antryk/testkit/receiver";
import { Webhook } from "standardwebhooks";
import { providers } from "../gateways/registry.ts";

const to = "+919876543210";
const unused = "http://127.0.0.1:9/";

interface ListedGateways {
  readonly gateways: {
    name: string;
    provider: string;
    enabled: boolean;
    maxConcurrent: number | null;
    maxPerSecond: number | null;
    receiptUrl: string | null;
  }[];
}

async function list(installation: Installation): Promise<ListedGateways> {
  return (await installation.json("gateway", "list")) as unknown as ListedGateways;
}

const addHttp = (installation: Installation, name: string, url = unused, ...flags: string[]) =>
  installation.json("gateway", "add", name, "--provider", "http", "--http-url", url, ...flags);

/** Runs a command that must be refused with this exit code and these words. */
async function refused(installation: Installation, args: readonly string[], code: number, says: RegExp): Promise<void> {
  const result = await installation.run(...args);
  assert.deepEqual([result.code, result.stdout], [code, ""], args.join(" "));
  assert.match(result.stderr, says);
}

describe("antryk gateway", { concurrency: 4 }, () => {
  test("provider list shows the kinds and which are configured; gateway list the gateways and their caps", async () => {
    await using installation = new Installation();
    await installation.json("init");
    assert.match(
      (await installation.run("gateway", "list")).stdout,
      /No gateway yet: make one with "antryk gateway add/,
    );
    const made = await addHttp(installation, "own", unused, "--max-concurrent", "5", "--max-per-second", "20");
    assert.match(made.httpSecret ?? "", /^whsec_/, "made if none is given, and shown once");
    assert.deepEqual(await installation.json("provider", "list"), {
      providers: [...providers.values()].map(({ id, name, capabilities }) => ({
        id,
        name,
        configured: id === "http",
        capabilities,
      })),
    });
    const listed = await list(installation);
    assert.ok(!JSON.stringify(listed).includes("whsec_"));
    assert.deepEqual(listed.gateways, [
      { name: "own", provider: "http", enabled: true, maxConcurrent: 5, maxPerSecond: 20, receiptUrl: null },
    ]);
  });

  test("list shows the receipt address of each gateway if the public one is known", async () => {
    await using installation = new Installation({ ANTRYK_PUBLIC_URL: "https://otp.example.com/" });
    await installation.json("init");
    const bird = ["--provider", "bird", "--bird-api-key", "bk_eu1_key", "--bird-from", "Acme"];
    await installation.json("gateway", "add", "bird-a", ...bird);
    await installation.json("gateway", "add", "bird-b", ...bird);
    const urls = (await list(installation)).gateways.map(({ receiptUrl }) => receiptUrl ?? "");
    for (const url of urls) assert.match(url, /^https:\/\/otp\.example\.com\/receipts\/bird\/[\w-]{32}$/);
    assert.equal(new Set(urls).size, 2);
    assert.ok((await installation.run("gateway", "list")).stdout.includes(urls[0] ?? "?"));
  });

  test("add takes secrets from a variable and from a file, and keeps them sealed", async () => {
    await using receiver = await startGateway();
    const secrets = [7, 8].map((byte) => `whsec_${Buffer.alloc(32, byte).toString("base64")}`);
    const [fromVariable = "", fromFile = ""] = secrets;
    await using installation = new Installation({ SMS_SECRET: fromVariable });
    await installation.json("init");
    const path = join(installation.folder, "secret");
    writeFileSync(path, `${fromFile}\n`);
    for (const [name, given, secret] of [
      ["by-variable", "env:SMS_SECRET", fromVariable],
      ["by-file", `file:${path}`, fromFile],
    ] as const) {
      const made = await addHttp(installation, name, receiver.url, "--http-secret", given);
      assert.deepEqual(made, { name, provider: "http" }, "no secret is shown that was given");
      await installation.json("send-test", name, "--to", to);
      const { raw, headers } = receiver.requests.at(-1) ?? assert.fail("nothing came");
      assert.ok(new Webhook(secret).verify(raw, headers as Record<string, string>));
    }
    const stored = readFileSync(join(installation.folder, "data/antryk.db"), "latin1");
    for (const secret of secrets) assert.ok(!stored.includes(secret.slice(6)));

    const add = (secret: string) => [
      "gateway",
      "add",
      "other",
      "--provider",
      "http",
      "--http-url",
      unused,
      "--http-secret",
      secret,
    ];
    await refused(installation, add("env:SMS_SECRT"), 1, /--http-secret: there is no variable SMS_SECRT/);
    await refused(
      installation,
      add("file:/no/such/file"),
      1,
      /--http-secret: \/no\/such\/file can't be read \(ENOENT\)/,
    );
  });

  test("add refuses what can't be a gateway, and says why", async () => {
    await using installation = new Installation();
    await installation.json("init");
    await addHttp(installation, "own");
    const add = (name: string, ...flags: string[]) => ["gateway", "add", name, ...flags];
    const http = ["--provider", "http", "--http-url", unused];
    await refused(
      installation,
      add("own", ...http),
      1,
      /there is a gateway own already: "antryk gateway update own" changes it, or choose another name/,
    );
    await refused(installation, add("Own!", ...http), 1, /1 to 40 of a-z, 0-9 and -/);
    await refused(installation, add("b", "--provider", "http"), 1, /needs its URL \(--http-url\)/);
    await refused(
      installation,
      add("b", ...http, "--twilio-from", "+14155550100"),
      1,
      /--twilio-from is a setting of the provider twilio/,
    );
    await refused(installation, add("b", ...http, "--max-per-second", "0"), 2, /from 1 to 100000/);
    assert.deepEqual(
      (await list(installation)).gateways.map(({ name }) => name),
      ["own"],
    );
  });

  test("routes name gateways that exist; one that a route names can't be removed", async () => {
    await using installation = new Installation();
    const { accountId = "", serviceId = "" } = await installation.json("init");
    await addHttp(installation, "first");
    await addHttp(installation, "second");
    const create = ["service", "create", "--account", accountId, "--name", "Acme", "--countries", "all"];
    const update = ["service", "update", serviceId];
    for (const command of [create, update]) {
      const through = [...command, "--route", "*=first", "--route", "IN=first,third"];
      await refused(
        installation,
        through,
        1,
        /--route IN=first,third: there is no gateway third: "antryk gateway list"/,
      );
    }
    await refused(installation, [...create, "--route", "india=first"], 2, /matches nothing/);
    const { services } = (await installation.json("service", "list")) as unknown as {
      services: { routes: string[] }[];
    };
    assert.deepEqual(
      services.map(({ routes }) => routes),
      [[]],
      "nothing was made or changed",
    );

    const routes = ["IN=first,second+timeout", "+4474=second", "*=first"];
    const changed = await installation.json(...update, ...routes.flatMap((route) => ["--route", route]));
    assert.deepEqual(changed.routes, routes);
    assert.deepEqual(
      (await installation.json(...update, "--brand", "Shop")).routes,
      routes,
      "they stay if none is given",
    );
    await refused(
      installation,
      ["gateway", "remove", "second"],
      1,
      new RegExp(`service ${serviceId} has a route through second`),
    );
    assert.deepEqual(
      (await installation.json(...update, "--route", "*=first")).routes,
      ["*=first"],
      "they are replaced as a whole",
    );
    assert.deepEqual(await installation.json("gateway", "remove", "second"), { name: "second", removed: true });
    await refused(installation, ["gateway", "remove", "second"], 1, /there is no gateway second/);
    assert.deepEqual((await installation.json(...update, "--route", "off")).routes, []);
  });

  test("update, disable and enable change a gateway in place; show shows it without its secrets", async () => {
    await using installation = new Installation({ ANTRYK_PUBLIC_URL: "https://otp.example.com" });
    const { serviceId = "" } = await installation.json("init");
    await installation.json(
      "gateway",
      "add",
      "bird",
      "--provider",
      "bird",
      "--bird-api-key",
      "bk_eu1_old",
      "--bird-from",
      "Acme",
    );
    await installation.json("service", "update", serviceId, "--route", "*=bird");
    const show = async () => (await installation.json("gateway", "show", "bird")) as Readonly<Record<string, unknown>>;
    const before = await show();
    assert.deepEqual([before.settings, before.secrets, before.services], [{ from: "Acme" }, ["apiKey"], [serviceId]]);

    const update = (...flags: string[]) => installation.json("gateway", "update", "bird", ...flags);
    const changed = await update("--bird-from", "Shop", "--max-per-second", "20");
    assert.deepEqual([changed.receiptUrl, changed.maxPerSecond, changed.enabled], [before.receiptUrl, 20, true]);
    await update("--bird-api-key", "bk_eu1_new", "--max-per-second", "off");
    assert.match(
      (await installation.run("gateway", "disable", "bird")).stdout,
      /^Gateway bird is disabled; running servers follow/,
    );
    assert.deepEqual(await show(), { ...before, enabled: false, settings: { from: "Shop" } });
    assert.ok(!JSON.stringify(await show()).includes("bk_eu1"));
    assert.match((await installation.run("gateway", "list")).stdout, /^bird +bird +no /m);
    assert.equal((await installation.json("gateway", "enable", "bird")).enabled as unknown, true);

    const refusedUpdate = (...flags: string[]) => ["gateway", "update", "bird", ...flags];
    await refused(installation, refusedUpdate("--bird-from", ""), 1, /needs its Sender .*--bird-from/);
    await refused(
      installation,
      refusedUpdate("--http-url", unused),
      1,
      /--http-url is a setting of the provider http, not of bird/,
    );
    await refused(
      installation,
      refusedUpdate("--bird-from", "A", "--http-url", unused),
      1,
      /--http-url is a setting of the provider http, not of bird/,
    );
    await refused(installation, refusedUpdate("--provider", "http"), 2, /unknown option '--provider'/);
    for (const verb of ["update", "disable", "show"])
      await refused(
        installation,
        ["gateway", verb, "none"],
        1,
        /there is no gateway none: "antryk gateway list" shows them/,
      );
  });

  test("update refuses what would leave a sender of a route without effect, and names service and route", async () => {
    await using installation = new Installation();
    const { serviceId = "" } = await installation.json("init");
    const keys = ["--telnyx-api-key", "k", "--telnyx-public-key", `${"A".repeat(43)}=`];
    const profile = ["--telnyx-messaging-profile-id", "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11"];
    await installation.json(
      "gateway",
      "add",
      "tx",
      "--provider",
      "telnyx",
      "--telnyx-from",
      "Acme",
      ...keys,
      ...profile,
    );
    await installation.json("service", "update", serviceId, "--route", "IN=tx[Shop]");
    const without = ["gateway", "update", "tx", "--telnyx-from", "+14155550100", "--telnyx-messaging-profile-id", ""];
    await refused(
      installation,
      without,
      1,
      new RegExp(`tx could no longer send as Shop, which the service ${serviceId}, route IN=tx\\[Shop\\] names: `),
    );
    await installation.json("gateway", "disable", "tx");
    await installation.json("gateway", "enable", "tx");
    await installation.json("service", "update", serviceId, "--route", "IN=tx");
    await installation.json(...without);
  });

  test("the names that commands had before print the new ones and exit with 2", async () => {
    await using installation = new Installation();
    for (const [args, says] of [
      [["provider", "add", "own", "--provider", "http"], /^antryk: .* is now "antryk gateway add"\n$/],
      [["provider", "remove", "own"], /is now "antryk gateway remove"\n$/],
      [["provider", "health"], /is now "antryk gateway health"\n$/],
      [["provider", "test", "own"], /is now "antryk gateway test"\n$/],
      [["migrate"], /is now "antryk schema upgrade", .* "antryk move --from URL --to URL"/],
    ] as const)
      await refused(installation, args, 2, says);
  });

  test("send-test and gateway test send one message whose code verifies nothing, and report its outcome", async () => {
    await using receiver = await startReceiver();
    await using refusing = await startGateway(replies(401));
    await using installation = new Installation();
    await installation.json("init");
    await addHttp(installation, "own", receiver.url);
    const shown = await installation.json("send-test", "--to", to);
    assert.deepEqual(
      [shown.gateway, shown.outcome, shown.detail],
      ["own", "accepted", null],
      "the only gateway needs no name",
    );
    await addHttp(installation, "bad", refusing.url);
    assert.match(
      (await installation.run("gateway", "test", "own", "--to", to)).stdout,
      /^own took the message in \d+ ms/,
    );
    assert.deepEqual(
      receiver.messages.map((message) => [message.to, message.text]),
      [
        [to, "000000 is a test message of Antryk."],
        [to, "000000 is a test message of Antryk."],
      ],
    );
    await refused(installation, ["send-test", "--to", to], 1, /say which gateway: there is none, or more than one/);
    await refused(
      installation,
      ["gateway", "test", "bad", "--to", to],
      1,
      /bad did not take the message: auth: HTTP 401/,
    );
    await refused(installation, ["send-test", "own", "--to", "98765"], 1, /E\.164/);
    assert.deepEqual([receiver.messages.length, refusing.requests.length], [2, 1]);
  });

  test("health shows the state of the running server's gateways, and a send fails over to the second", async () => {
    await using down = await startGateway(replies(503));
    await using receiver = await startReceiver();
    await using installation = new Installation();
    await addHttpTo(installation, { down: down.url, up: receiver.url });
    const { accessKey, secretKey, serviceId } = await installation.caller("--route", "*=down,up");
    const server = await installation.serve();
    const reply = await fetch(`${server.baseUrl}/api/v1/sms/send-otp`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
      body: JSON.stringify({ to, serviceId }),
    });
    assert.equal(reply.status, 200);
    assert.deepEqual(receiver.codes(to), down.codes(to), "the same code");

    await using beside = new Installation({ ANTRYK_OPERATIONS_PORT: new URL(server.operationsUrl).port });
    const { gateways } = (await beside.json("gateway", "health")) as unknown as {
      gateways: {
        name: string;
        circuit: string;
        accepted: number;
        failed: number;
        lastFailure: { class: string } | null;
      }[];
    };
    assert.deepEqual(
      gateways.map(({ name, circuit, accepted, failed, lastFailure }) => [
        name,
        circuit,
        accepted,
        failed,
        lastFailure?.class,
      ]),
      [
        ["down", "closed", 0, 1, "unavailable"],
        ["up", "closed", 1, 0, undefined],
      ],
    );
    await server.kill("SIGTERM");
    await refused(beside, ["gateway", "health"], 1, /no server answers operators at .*ECONNREFUSED/);
  });
});

/** Gateways in an installation that has no store yet. */
async function addHttpTo(installation: Installation, urls: Readonly<Record<string, string>>): Promise<void> {
  await installation.json("account", "create", "first");
  for (const [name, url] of Object.entries(urls)) await addHttp(installation, name, url);
}
