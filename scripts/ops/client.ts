/** A caller of a server under test. */
import type { Installation, RunningServer } from "@antryk/testkit/process";

export type Caller = Awaited<ReturnType<Installation["caller"]>>;

export interface Reply {
  readonly status: number;
  readonly replayed: boolean;
  readonly body: { readonly data?: { readonly valid?: boolean } };
}

export async function post(
  server: RunningServer,
  caller: Caller,
  operation: string,
  body: object,
  key?: string,
): Promise<Reply> {
  const { accessKey, secretKey, serviceId } = caller;
  const reply = await fetch(`${server.baseUrl}/api/v1/sms/${operation}`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-access-key": accessKey,
      "x-secret-key": secretKey,
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    body: JSON.stringify({ serviceId, ...body }),
  });
  return {
    status: reply.status,
    replayed: reply.headers.get("idempotency-replayed") === "true",
    body: (await reply.json()) as Reply["body"],
  };
}

/** The codes in the sandbox's messages, by recipient; the newest of each. */
export async function codes(server: RunningServer): Promise<Map<string, string>> {
  const reply = await fetch(`${server.operationsUrl}/sandbox/messages`);
  const { messages } = (await reply.json()) as { messages: { to: string; text: string }[] };
  return new Map(messages.toReversed().map(({ to, text }) => [to, /\d{6}/.exec(text)?.[0] ?? ""]));
}
