/** POST /admin/v1/verifications/search: what it finds, and for whom. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { replies, startGateway } from "@antryk/testkit/gateway";
import { newRecipient } from "@antryk/testkit/http/expect";
import { startService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";

const token = "a-token-of-at-least-16";
const gateway = await startGateway();
const service = await startService({ operationsToken: token, service: gateway.service });
after(async () => {
  await service[Symbol.asyncDispose]();
  await gateway[Symbol.asyncDispose]();
});

interface Story {
  readonly id: string;
  readonly to: string;
  readonly status: string;
  readonly requestId: string;
  readonly events: readonly { readonly at: string; readonly text: string }[];
  readonly next: string | null;
}

async function ask(body: unknown, headers: Record<string, string> = { authorization: `Bearer ${token}` }) {
  const reply = await fetch(`${service.operationsUrl}/admin/v1/verifications/search`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  // biome-ignore lint/suspicious/noExplicitAny: replies of every shape
  return { status: reply.status, body: (await reply.json()) as any };
}

async function find(body: object): Promise<{ verifications: Story[]; next: string | null }> {
  const reply = await ask(body);
  assert.equal(reply.status, 200, JSON.stringify(reply.body));
  return reply.body;
}

const textsOf = (story: Story | undefined) => story?.events.map(({ text }) => text);

test("a number's story: handed over, compared, and refused with what cures it; never a code", async () => {
  const to = newRecipient();
  await service.post("send-otp", { to });
  const [code = ""] = gateway.codes(to);
  await service.post("verify-otp", { to, otp: code === "000000" ? "111111" : "000000" });
  await service.post("verify-otp", { to, otp: code });
  const { verifications, next } = await find({ to });
  assert.equal(next, null);
  const [story] = verifications;
  assert.deepEqual(textsOf(story), ["code made", "http accepted", "wrong code", "right code"]);
  assert.deepEqual([story?.to, story?.status, story?.next], [to, "verified", null]);
  assert.doesNotMatch(JSON.stringify(verifications), new RegExp(code));
});

test("a message that every gateway refused is found, though nothing else is left of it", async () => {
  const to = newRecipient();
  gateway.behave(replies(400));
  const reply = await service.post("send-otp", { to });
  gateway.behave(replies(200));
  assert.notEqual(reply.status, 200);
  const requestId = reply.headers.get("x-request-id");
  const { verifications } = await until(
    async () => {
      const page = await find({ to });
      return page.verifications.length > 0 ? page : undefined;
    },
    { what: () => "the refusal is kept" },
  );
  const [story] = verifications;
  assert.deepEqual([story?.status, story?.requestId], ["refused", requestId]);
  assert.match(textsOf(story)?.[0] ?? "", /^send-otp refused: gateway \(http \w+\)$/);
  assert.match(story?.next ?? "", /antryk gateway health/);
  assert.deepEqual(
    (await find({ requestId })).verifications.map(({ id }) => id),
    [story?.id],
  );
});

test("by the request's id, the caller's or the server's, with the number masked; by id; by state and time", async () => {
  const to = newRecipient();
  const own = await service.post("send-otp", { to }, { "x-request-id": `case-${to.slice(1)}` });
  const { verificationId } = own.body.data;
  const made = newRecipient();
  const other = await service.post("send-otp", { to: made });
  for (const requestId of [own.headers.get("x-request-id"), other.headers.get("x-request-id")]) {
    const { verifications } = await find({ requestId });
    assert.equal(verifications.length, 1, `${requestId}`);
    assert.match(verifications[0]?.to ?? "", /…/);
  }
  assert.equal((await find({ verificationId })).verifications[0]?.id, verificationId);
  assert.equal((await find({ requestId: "no-such-request" })).verifications.length, 0);
  const first = await find({ state: "pending", limit: 1 });
  assert.equal(first.verifications.length, 1);
  const second = await find({ state: "pending", limit: 1, cursor: first.next });
  assert.ok((second.verifications[0]?.id ?? "~") < (first.verifications[0]?.id ?? ""));
  assert.equal((await find({ since: "2999-01-01T00:00:00Z" })).verifications.length, 0);
});

test("401 invalid_credentials: this machine needs the token as well", async () => {
  for (const headers of [{}, { authorization: "Bearer wrong-token-of-16-chars" }] as Record<string, string>[]) {
    const reply = await ask({ to: newRecipient() }, headers);
    assert.deepEqual([reply.status, reply.body.errors[0].type], [401, "invalid_credentials"]);
  }
  await using without = await startService({});
  const reply = await fetch(`${without.operationsUrl}/admin/v1/verifications/search`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer undefined" },
    body: "{}",
  });
  assert.equal(reply.status, 401);
});

test("400 invalid_parameter: the field is named; other bodies are refused as everywhere", async () => {
  for (const [field, value] of [
    ["to", "98765"],
    ["requestId", "a b"],
    ["verificationId", "17"],
    ["state", "gone"],
    ["limit", 0],
    ["limit", 1.5],
    ["cursor", "x"],
    ["since", "yesterday"],
    ["phone", "+919876543210"],
    ["__proto__x", 1],
  ] as const) {
    const { status, body } = await ask({ [field]: value });
    assert.deepEqual([status, body.errors[0].param], [400, field]);
  }
  assert.equal((await ask("[]")).body.errors[0].type, "invalid_json");
  assert.equal((await ask("{}", { "content-type": "text/plain" })).body.errors[0].type, "unsupported_media_type");
  const get = await fetch(`${service.operationsUrl}/admin/v1/verifications/search`);
  assert.deepEqual([get.status, get.headers.get("allow")], [405, "POST"]);
});
