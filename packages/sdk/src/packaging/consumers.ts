/** What users do with the package, as files of their project. */

/** Runs on any runtime against the fake, and against a server if `ANTRYK_BASE_URL` is set; prints `ok` at its end. */
const story = `
const check = (condition, what) => { if (!condition) throw new Error(what); };
async function main() {
  const to = "+919876543210";
  const fake = new FakeAntryk();
  const client = new AntrykClient(fake.clientOptions);
  const serviceId = fake.serviceId;
  const sent = await client.sms.sendOtp({ to, serviceId });
  check(sent.data.status === "pending" && sent.requestId, "send");
  const pending = await client.sms.sendOtp({ to, serviceId }).catch((error) => error);
  check(pending instanceof OtpPendingError && pending instanceof AntrykError, "otp_pending");
  check(pending.name === "OtpPendingError", "the name of otp_pending");
  const verified = await client.sms.verifyOtp({ to, serviceId, otp: fake.lastCode(to) });
  check(verified.data.valid, "verify");
  const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  const payload = JSON.stringify({ type: "x", data: {} });
  check((await webhooks.verify(payload, await webhooks.sign(payload, secret), secret)).type === "x", "webhooks");
  const env = typeof process === "undefined" ? {} : process.env;
  if (env.ANTRYK_BASE_URL) {
    const real = new AntrykClient({ logLevel: "off" });
    const { response } = await real.sms.sendOtp({ to, serviceId }).withResponse();
    check(response.attempts === 2, "a 503 was retried by the runtime's own transport");
    await real.sms.sendOtp({ to, serviceId });
  }
  console.log("ok");
}
main();
`;

export const esm = `
import { AntrykClient, AntrykError, OtpPendingError, webhooks } from "@antryk/sdk";
import { FakeAntryk } from "@antryk/sdk/testing";
${story}`;

export const cjs = `
const { AntrykClient, AntrykError, OtpPendingError, webhooks } = require("@antryk/sdk");
const { FakeAntryk } = require("@antryk/sdk/testing");
${story}`;

/** A test of a user's app, with the globals that Jest, Vitest and Bun have in common. */
const runnerTest = `
test("signs in against the fake, and verifies a webhook given as bytes", async () => {
  const to = "+919876543210";
  const fake = new FakeAntryk();
  const { sms } = new AntrykClient(fake.clientOptions);
  await sms.sendOtp({ to, serviceId: fake.serviceId });
  const again = await sms.sendOtp({ to, serviceId: fake.serviceId }).catch((error) => error);
  expect(again instanceof OtpPendingError).toBe(true);
  const { data } = await sms.verifyOtp({ to, serviceId: fake.serviceId, otp: fake.lastCode(to) });
  expect(data.valid).toBe(true);
  const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
  const payload = JSON.stringify({ type: "x", data: {} });
  const headers = await webhooks.sign(payload, secret);
  for (const body of [payload, Buffer.from(payload), Uint8Array.from([...Buffer.from(payload)])])
    expect((await webhooks.verify(body, headers, secret)).type).toBe("x");
});
test("says that the server can't be reached, with the system's code", async () => {
  const keys = { accessKey: "a", secretKey: "s", maxRetries: 0, logLevel: "off" };
  const { sms } = new AntrykClient({ baseUrl: "http://127.0.0.1:1", ...keys });
  const error = await sms.sendOtp({ to: "+919876543210", serviceId: "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11" }).catch((e) => e);
  expect([error instanceof ConnectionError, error.cause?.code]).toEqual([true, "ECONNREFUSED"]);
});
`;

export const commonJsRunnerTest = `
const { AntrykClient, ConnectionError, OtpPendingError, webhooks } = require("@antryk/sdk");
const { FakeAntryk } = require("@antryk/sdk/testing");
${runnerTest}`;

export const moduleRunnerTest = `
import { AntrykClient, ConnectionError, OtpPendingError, webhooks } from "@antryk/sdk";
import { FakeAntryk } from "@antryk/sdk/testing";
${runnerTest}`;

/** Both formats in one process: their errors are each other's. */
export const bothFormats = `
import { createRequire } from "node:module";
import * as esm from "@antryk/sdk";
const cjs = createRequire(import.meta.url)("@antryk/sdk");
if (cjs.AntrykClient === esm.AntrykClient) throw new Error("one copy only");
const names = Object.keys(esm).sort().join();
if (Object.keys(cjs).sort().join() !== names) throw new Error("the formats export different names");
const client = new cjs.AntrykClient({ baseUrl: "https://h", accessKey: "a", secretKey: "b" });
const error = await client.sms.sendOtp({ to: "", serviceId: "" }).catch((error) => error);
if (!(error instanceof esm.InvalidRequestError) || error instanceof esm.OtpPendingError) throw new Error("instanceof");
console.log("ok");
`;

/** Compiled with every strict option, the declarations included, without DOM and without Node's types. */
export const typescript = `
import { AntrykClient, ApiError, ProviderUnavailableError, RateLimitedError, webhooks } from "@antryk/sdk";
import type { ClientOptions, SendOtpReply, VerifyOtpReply } from "@antryk/sdk";
import { FakeAntryk } from "@antryk/sdk/testing";

export async function signIn(options: ClientOptions, to: string, serviceId: string, otp: string): Promise<number> {
  const client = new AntrykClient(options);
  const sent: SendOtpReply = await client.sms.sendOtp({ to, serviceId }, { idempotencyKey: "k", maxRetries: 0 });
  const checked: VerifyOtpReply = await client.sms.verifyOtp({ to, serviceId, otp });
  const { response } = await client.sms.resendOtp({ to, serviceId }).withResponse();
  if (checked.data.valid) return response.attempts;
  // @ts-expect-error: a code is never a number.
  void client.sms.verifyOtp({ to, serviceId, otp: 123456 });
  // @ts-expect-error: an unknown option.
  new AntrykClient({ apiKey: "x" });
  return checked.data.attemptsRemaining + sent.data.expiresIn;
}

export function explain(error: unknown): string {
  if (error instanceof RateLimitedError) return \`\${error.type satisfies "rate_limited"} \${error.retryAfterMs ?? 0}\`;
  if (error instanceof ProviderUnavailableError && error.mayHaveBeenSent) return "ask for the code";
  if (!(error instanceof ApiError)) return "other";
  // @ts-expect-error: a name that no error has.
  if (error.type === "rate_limted") return "never";
  return error.type === "unknown_error" ? String(error.serverType) : error.message;
}

export async function hear(body: Uint8Array, headers: Record<string, string | string[] | undefined>): Promise<string> {
  return (await webhooks.verify(body, headers, "whsec_x")).type;
}

const fake = new FakeAntryk({ ttlSeconds: 60 });
fake.failNext("provider_unavailable", { times: 2 });
export const client = new AntrykClient(fake.clientOptions);
`;

/** The platform's own fetch and signal fit, if the platform's types are there. */
export const platformTypes = `
import { AntrykClient } from "@antryk/sdk";
const keys = { accessKey: "a", secretKey: async () => "b" };
const client = new AntrykClient({ baseUrl: "https://h", ...keys, fetch, logger: console });
export const sent = client.sms.sendOtp({ to: "", serviceId: "" }, { signal: AbortSignal.timeout(5) });
export const wrapped = new AntrykClient({ fetch: (url, init) => fetch(url, init) });
`;
