/**
 * POST /admin/v1/verifications/search: what became of the codes of a number, a request or a message. Numbers come in the
 * body, which no proxy logs. Only with the operations token, from wherever.
 */
import { bounds, isRecipient, isRequestId } from "@antryk/contract";
import { searchLimits, type Wanted } from "../../administration/search.ts";
import { why } from "../../administration/why.ts";
import { maskRecipient } from "../../observe/mask.ts";
import type { PostRoute } from "../lib/post-route.ts";
import { errorReply, iso, okReply } from "../lib/reply.ts";
import { hasToken } from "./gate.ts";
import type { OperationsParts } from "./parts.ts";

export const searchVerifications: PostRoute<OperationsParts> = {
  path: "/admin/v1/verifications/search",
  async answer(parts, body, { headers }) {
    if (!hasToken(headers, parts.token)) return errorReply("invalid_credentials");
    const wanted = wantedOf(body);
    if (typeof wanted === "string") return errorReply("invalid_parameter", { param: wanted });
    const shown = wanted.to === undefined ? maskRecipient : (to: string) => to;
    const { stories, next = null } = await why(parts, wanted, shown);
    const data = stories.map((story) => ({
      ...story,
      events: story.events.map(({ at, text }) => ({ at: iso(at), text })),
    }));
    return okReply({ verifications: data, next });
  },
};

const states: ReadonlySet<unknown> = new Set(["pending", "verified", "cancelled", "expired", "locked"]);
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const isShort = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= bounds.metadata.valueLength;
const isUuid = (value: unknown): value is string => typeof value === "string" && uuid.test(value);

const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  to: isRecipient,
  requestId: (value) => isShort(value) && isRequestId(value),
  messageId: (value) => typeof value === "string" && value.length > 0 && value.length <= 200,
  verificationId: isUuid,
  accountId: isUuid,
  state: (value) => states.has(value),
  reason: isShort,
  gateway: isShort,
  since: (value) => isShort(value) && !Number.isNaN(Date.parse(value)),
  cursor: isUuid,
  limit: (value) => Number.isInteger(value) && Number(value) >= searchLimits.min && Number(value) <= searchLimits.max,
};

/** The name of the field that is at fault, if one is. */
function wantedOf(body: Readonly<Record<string, unknown>>): Wanted | string {
  const given = Object.entries(body).filter(([, value]) => value !== undefined && value !== null);
  for (const [name, value] of given) if (!Object.hasOwn(checks, name) || checks[name]?.(value) !== true) return name;
  const fields = Object.fromEntries(given) as Record<string, string | undefined>;
  const { accountId, since, cursor, limit, ...rest } = fields;
  return {
    ...(rest as Partial<Wanted>),
    accountId: accountId?.toLowerCase(),
    since: since === undefined ? undefined : Date.parse(since),
    before: cursor?.toLowerCase(),
    limit: limit === undefined ? searchLimits.fallback : Number(limit),
  };
}
