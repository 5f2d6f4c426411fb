/** Verifications of which so many become due for the sweep each second. */
import { randomInt, randomUUID } from "node:crypto";
import { newVerificationId } from "../../../packages/server/src/model/ids.ts";
import type { Call, Engine } from "../../../packages/server/src/store/engine.ts";
import { recipientRef, sweptAfterMs } from "../../../packages/server/src/store/rules/kinds.ts";
import { emptyRow, type Verification } from "../../../packages/server/src/store/rules/row.ts";
import { withAttempts } from "../../../packages/server/src/store/rules/timeline.ts";

const dayMs = 86_400_000;
const callsAtOnce = 2_000;

/** The first becomes due at `from` (Unix ms), `perSecond` of them each second from then on. */
export async function fillDue(engine: Engine, rows: number, from: number, perSecond: number): Promise<void> {
  const account = { accountId: randomUUID(), serviceId: randomUUID(), channel: "sms" } as const;
  for (let first = 0; first < rows; first += callsAtOnce) {
    const count = Math.min(callsAtOnce, rows - first);
    await Promise.all(
      Array.from({ length: count }, (_, n) =>
        engine.run(usedAt(Math.floor(from - sweptAfterMs + ((first + n) * 1000) / perSecond), account)),
      ),
    );
  }
}

/** A code that was sent at this time and used, with the name of its message. */
function usedAt(at: number, account: { accountId: string; serviceId: string; channel: "sms" }): Call<void> {
  const recipient = `+91${randomInt(6_000_000_000, 10_000_000_000)}`;
  const ref = recipientRef({ ...account, recipient, hash: randomInt(2 ** 47) }, true);
  const verificationId = newVerificationId(at, ref.bucket);
  const messageId = `msg_${verificationId}_1`;
  const attempt = {
    at: new Date(at).toISOString(),
    operation: "send-otp",
    gateway: "sandbox",
    outcome: "accepted",
    messageId,
    durationMs: 0,
  } as const;
  const verification: Verification = {
    verificationId,
    state: "verified",
    keyId: "k1",
    nonce: null,
    mac: null,
    codeLength: 6,
    maxAttempts: 5,
    attempts: 0,
    createdAt: at,
    expiresAt: at + 300_000,
    endedAt: at + 20_000,
    sendNo: 1,
    resendCount: 0,
    resendAt: at + 30_000,
    deliveries: withAttempts("[]", [attempt]),
    metadata: "",
    isTest: false,
    requestId: "",
    wrongCodes: "",
  };
  const row = { ...emptyRow(), verification, sends: [at], tries: [at], countersUntil: at + dayMs };
  const name = { gatewayId: "sandbox", messageId, ref, verificationId, until: at + sweptAfterMs };
  return { rows: [ref], decide: () => ({ outcome: undefined, writes: [{ ref, row }], names: [name] }) };
}
