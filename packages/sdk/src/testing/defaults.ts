import type { FakeLimit } from "./settings.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The server's defaults; `fake.test.ts` compares them with the contract. */
export const fakeDefaults = {
  serviceIds: ["5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11"] as readonly string[],
  accessKey: "fake-access-key",
  secretKey: "fake-secret-key",
  wrongCode: "valid_false",
  codeLength: 6,
  ttlSeconds: 300,
  maxAttempts: 5,
  recipientLimits: [
    { count: 3, windowMs: 15 * minuteMs },
    { count: 10, windowMs: dayMs },
  ] as readonly FakeLimit[],
  testNumbers: {} as Readonly<Record<string, string>>,
  recipientTries: { count: 10, windowMs: 15 * minuteMs } as FakeLimit,
  wrongCodes: { count: 15, windowMs: dayMs } as FakeLimit,
  resendCooldownSeconds: [30, 60, 120, 240] as readonly number[],
  endedOtpMs: dayMs,
  sendReplyMs: dayMs,
  verifyReplyMs: 10 * minuteMs,
  bodyBytes: 16_384,
} as const;
