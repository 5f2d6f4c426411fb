/** What a gateway must make of a transport that fails, and of replies that are not the gateway's. */
import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { inspect } from "node:util";
import type { SendResult } from "../../../server/src/gateways/port.ts";
import fc from "../inputs/fast-check.ts";
import { deadOrigin } from "../net/ports.ts";
import { resetSocket } from "../net/reset.ts";
import { hangMs, until } from "../until.ts";
import { endedByTest } from "./budget.ts";
import { hostileBodies } from "./hostile.ts";
import type { HttpGatewayExpectations } from "./http-kit.ts";
import { gsm7Message, Rig } from "./rig.ts";
import { endlessReply, halfReply, reply, type Script, ScriptedServer } from "./scripted-server.ts";

const html = "<!doctype html><html><body><h1>Please log in</h1></body></html>";

/** Bodies that are of no gateway. */
const strangeBodies: readonly (readonly [string, string | object])[] = [
  ["HTML", html],
  ["an empty body", ""],
  ["an empty object", {}],
  ["an empty list", []],
  ["null", "null"],
  ["text in quotes", '"ok"'],
  ["broken JSON", '{"messages":[{"sta'],
  ["1 MB", "x".repeat(1_000_000)],
];

function mustBeUnknown(result: SendResult, classes: readonly string[] = ["unknown", "timeout"]): void {
  assert.ok(result.outcome === "failed" && result.ambiguous && classes.includes(result.class), inspect(result));
}

function mustBeRefused(result: SendResult, failure: string): void {
  assert.ok(
    result.outcome === "failed" && !result.ambiguous && result.class === failure,
    `${inspect(result)} is not ${failure}`,
  );
}

/** The same body with every text in it replaced. */
function withTexts(body: string | object, text: string): string {
  if (typeof body === "string") return text;
  return JSON.stringify(body, (_, value) => (typeof value === "string" ? text : value));
}

/** The same body, each of its texts and numbers replaced in turn: the others may make the gateway believe it. */
function withEachText(body: string | object, text: string): string[] {
  if (typeof body === "string") return [];
  const leaves = (value: unknown): number => {
    if (typeof value !== "object" || value === null)
      return typeof value === "string" || typeof value === "number" ? 1 : 0;
    return Object.values(value).reduce((sum: number, each) => sum + leaves(each), 0);
  };
  return Array.from({ length: leaves(body) }, (_, wanted) => {
    let seen = 0;
    return JSON.stringify(body, (_key, value) => {
      if (typeof value !== "string" && typeof value !== "number") return value;
      seen += 1;
      return seen === wanted + 1 ? text : value;
    });
  });
}

/** Registers the tests of replies by their status alone, and of the transport's faults. */
export function transportConformance(gateway: HttpGatewayExpectations): void {
  const [success] = gateway.accepted;
  assert.ok(success);
  const sending = async (script: Script, budget?: AbortSignal): Promise<SendResult> => {
    await using rig = await Rig.start(gateway, script);
    const result = await rig.send(gsm7Message, budget);
    assert.equal(rig.server.requests.length, 1, "asked once");
    return result;
  };

  for (const [what, body] of strangeBodies) {
    const outcome = gateway.any2xxIsAcceptance ? "acceptance as documented" : "an unknown outcome";
    test(`${success.status} with ${what} is ${outcome}`, async () => {
      const result = await sending(reply(success.status, body));
      if (gateway.any2xxIsAcceptance) assert.equal(result.outcome, "accepted");
      else mustBeUnknown(result, ["unknown"]);
    });
    test(`400, 401, 403 and 503 with ${what} are refusals`, async () => {
      for (const [status, failure] of [
        [400, "rejected"],
        [401, "auth"],
        [403, "auth"],
        [503, "unavailable"],
      ] as const)
        mustBeRefused(await sending(reply(status, body)), failure);
    });
  }

  test("replies of every kind: the gateway answers, and its id of the message is one that can be kept", async () => {
    const bodies = fc.sample(hostileBodies(success.body), 60);
    let body = "";
    await using rig = await Rig.start(gateway, (socket, request) => reply(success.status, body)(socket, request));
    for (body of bodies) {
      const result = await rig.gateway.send(gsm7Message, AbortSignal.timeout(hangMs));
      assert.ok(["accepted", "failed"].includes(result.outcome), inspect(result));
      if (result.outcome === "accepted") assert.ok(["string", "undefined"].includes(typeof result.messageId), body);
    }
  });

  test("a success hidden behind 1 MB is not read", async () => {
    if (gateway.any2xxIsAcceptance || typeof success.body === "string") return;
    mustBeUnknown(await sending(reply(success.status, `${" ".repeat(1_000_000)}${JSON.stringify(success.body)}`)), [
      "unknown",
    ]);
  });

  test("a body without end is left after a bounded part", async () => {
    const written = { bytes: 0 };
    await using rig = await Rig.start(gateway, endlessReply(success.status, written));
    const result = await rig.send();
    if (!gateway.any2xxIsAcceptance) mustBeUnknown(result);
    await until(() => rig.server.connections === 0, { what: "the gateway hangs up" });
    assert.ok(written.bytes < 32 * 1024 * 1024, `${written.bytes} bytes were taken`);
  });

  test("429 is rate_limited and says how long to wait", async () => {
    const limited = (headers: Record<string, string>) => sending(reply(429, html, headers));
    const seconds = await limited({ "retry-after": "7" });
    mustBeRefused(seconds, "rate_limited");
    assert.ok(seconds.outcome === "failed" && seconds.retryAfterMs === 7_000, inspect(seconds));
    const date = await limited({ "retry-after": new Date(Date.now() + 3_600_000).toUTCString() });
    assert.ok(
      date.outcome === "failed" && (date.retryAfterMs ?? 0) > 3_000_000 && (date.retryAfterMs ?? 0) <= 3_600_000,
      inspect(date),
    );
    const untold = await limited({});
    mustBeRefused(untold, "rate_limited");
    assert.ok(untold.outcome === "failed" && untold.retryAfterMs === undefined, inspect(untold));
  });

  for (const status of [500, 502, 503]) {
    if (status === 502 && gateway.lostBy502) continue;
    test(`${status} is unavailable`, async () => mustBeRefused(await sending(reply(status, html)), "unavailable"));
  }
  if (gateway.lostBy502) test("502 is an unknown outcome", async () => mustBeUnknown(await sending(reply(502, html))));
  test("504 is an unknown outcome", async () => mustBeUnknown(await sending(reply(504, html)), ["timeout"]));
  test("a redirect is refused and not followed", async () => {
    mustBeRefused(await sending(reply(307, "", { location: "/elsewhere" })), "rejected");
  });

  test("a refusal that echoes the secrets does not spread them", async () => {
    const echo = [...gateway.secrets, gsm7Message.to, gsm7Message.text].join(" ");
    mustBeRefused(await sending(reply(400, echo)), "rejected");
    mustBeRefused(await sending(reply(400, { message: echo, error: echo, detail: echo })), "rejected");
    // Every text of a documented refusal, its code included, is replaced by a secret.
    for (const text of [echo, ...gateway.secrets, gsm7Message.to.slice(1)])
      for (const { status, body } of gateway.refused)
        if (status >= 300) await sending(reply(status, withTexts(body, text)));
    for (const text of [gateway.secrets[0] ?? echo, gsm7Message.to.slice(1)])
      for (const { status, body } of gateway.refused.slice(0, 8))
        for (const one of withEachText(body, text)) await sending(reply(status, one));
  });

  test("no answer within the budget is an unknown outcome", async () => {
    const { signal, end } = endedByTest();
    mustBeUnknown(await sending(end, signal), ["timeout"]);
  });

  test("a body that stalls is an unknown outcome of an acceptance, a refusal of a refusal", async () => {
    const stalled = async (status: number) => {
      const { signal, endWithinReply } = endedByTest();
      const script: Script = (socket) => {
        endWithinReply();
        socket.write(`HTTP/1.1 ${status} Scripted\r\nContent-Length: 99\r\n\r\n{"x"`);
      };
      return sending(script, signal);
    };
    const accepting = await stalled(success.status);
    if (!gateway.any2xxIsAcceptance) mustBeUnknown(accepting, ["timeout"]);
    mustBeRefused(await stalled(503), "unavailable");
  });

  test("half a body is an unknown outcome of an acceptance, a refusal of a refusal", async () => {
    const accepting = await sending(halfReply(success.status, success.body));
    if (!gateway.any2xxIsAcceptance) mustBeUnknown(accepting);
    mustBeRefused(await sending(halfReply(503, html)), "unavailable");
  });

  test("a reset after the request was written is an unknown outcome, and the request is not repeated", async () => {
    await using rig = await Rig.start(gateway, resetSocket);
    mustBeUnknown(await rig.send());
    mustBeUnknown(await rig.send());
    assert.equal(rig.server.requests.length, 2, "each once");
  });

  test("a reset on a used connection is an unknown outcome, and the request is not repeated", async () => {
    let asked = 0;
    const once = reply(success.status, success.body);
    await using rig = await Rig.start(gateway, (socket, request) =>
      asked++ === 0 ? once(socket, request) : resetSocket(socket),
    );
    assert.equal((await rig.send()).outcome, "accepted");
    mustBeUnknown(await rig.send());
    mustBeUnknown(await rig.send());
    assert.equal(rig.server.requests.length, 3, "each once");
  });

  test("what is no HTTP is an unknown outcome", async () => {
    mustBeUnknown(await sending((socket) => socket.end("220 mail.example ESMTP\r\n")));
  });

  test("a refused connection is a refusal", async () => {
    await using rig = new Rig(gateway, await new ScriptedServer(() => undefined).listen(), deadOrigin);
    mustBeRefused(await rig.send(), "unavailable");
    assert.equal(rig.server.requests.length, 0);
  });

  for (const [what, script] of [
    ["is reset", (socket: Socket) => socket.resetAndDestroy()],
    ["is ended", (socket: Socket) => socket.end()],
    ["is answered without TLS", (socket: Socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
  ] as const) {
    test(`a TLS handshake that ${what} is a refusal: no request was written`, async () => {
      const server = createServer((socket) => socket.on("error", () => undefined).once("data", () => script(socket)));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      await using rig = new Rig(
        gateway,
        await new ScriptedServer(() => undefined).listen(),
        `https://127.0.0.1:${port}`,
      );
      const result = await rig.send();
      await new Promise((resolve) => server.close(resolve));
      mustBeRefused(result, "unavailable");
    });
  }
}
