import type { Fetch, FetchInit, Transport, WireReply } from "./types.ts";

/** Speaks through a `fetch`: edge runtimes, Bun, Deno, and the caller's own. */
export function fetchTransport(fetch: Fetch): Transport {
  return ({ method, url, headers, body }) => {
    const controller = new AbortController();
    const init: FetchInit = { method, headers: { ...headers }, redirect: "manual", signal: controller.signal };
    if (body !== undefined) init.body = body;
    let cancel: (reason: Error) => void = () => {};
    const reply = new Promise<WireReply>((resolve, reject) => {
      // A `fetch` that ignores its signal must not hold the caller: the promise is settled here, not by it.
      cancel = (reason) => {
        reject(reason);
        controller.abort(reason);
      };
      exchange(fetch, url, init).then(resolve, reject);
    });
    return { reply, cancel };
  };
}

async function exchange(fetch: Fetch, url: string, init: FetchInit): Promise<WireReply> {
  const response = await fetch(url, init);
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    headers[name.toLowerCase()] = value;
  });
  return { status: response.status, headers, text: await response.text() };
}
