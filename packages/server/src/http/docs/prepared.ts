/** Pages that never change while the server runs: made once, sent as they are, not sent again if the client has them. */
import { createHash } from "node:crypto";
import type { GetRoute } from "../lib/get-route.ts";
import type { Reply } from "../lib/reply.ts";

/** `make` is called at the first request. */
export function preparedPage(path: string, mediaType: string, make: () => string): GetRoute<unknown> {
  let page: Reply | undefined;
  return {
    path,
    answer(_parts, { headers }) {
      page ??= prepare(mediaType, make());
      const { etag = "" } = page.headers;
      return hasIt(headers["if-none-match"], etag) ? { status: 304, headers: page.headers, body: "", mediaType } : page;
    },
  };
}

function prepare(mediaType: string, text: string): Reply {
  const body = Buffer.from(text);
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return { status: 200, headers: { etag, "cache-control": "no-cache" }, body, mediaType };
}

/** Weak comparison, as `If-None-Match` wants it (RFC 9110 §13.1.2). */
function hasIt(field: string | undefined, etag: string): boolean {
  return field?.split(",").some((each) => ["*", etag, `W/${etag}`].includes(each.trim())) ?? false;
}
