/** The OpenAPI 3.1 document of the SMS API, made from the schemas that validate and the table of errors. */
import { errorRow, errorTypesOf, type Operation } from "./errors.ts";
import {
  CancelOtpReply,
  CancelOtpRequest,
  ErrorReply,
  ResendOtpRequest,
  SendOtpReply,
  SendOtpRequest,
  VerificationId,
  VerificationReply,
  VerifyOtpReply,
  VerifyOtpRequest,
} from "./schemas.ts";

interface PostDescription {
  readonly operation: Exclude<Operation, "get-verification">;
  readonly summary: string;
  readonly request: object;
  readonly reply: object;
}

const posts: readonly PostDescription[] = [
  { operation: "send-otp", summary: "Send a one-time password by SMS", request: SendOtpRequest, reply: SendOtpReply },
  {
    operation: "verify-otp",
    summary: "Check what the user typed; test `data.valid`, not `success`",
    request: VerifyOtpRequest,
    reply: VerifyOtpReply,
  },
  { operation: "resend-otp", summary: "Send the pending code once more", request: ResendOtpRequest, reply: SendOtpReply },
  { operation: "cancel-otp", summary: "End the pending OTP", request: CancelOtpRequest, reply: CancelOtpReply },
];

const requestIdHeader = {
  "x-request-id": {
    description: "The caller's own where it has 1 to 128 of A-Z a-z 0-9 . _ -, else a new one.",
    schema: { type: "string" },
  },
};

const replayedHeader = { "Idempotency-Replayed": { description: "`true` where the reply is a stored one.", schema: { const: "true" } } };

const deprecationHeaders = {
  Deprecation: { description: "Where the credentials came in the body (RFC 9745).", schema: { type: "string" } },
  Link: { description: "Beside `Deprecation`: what to do.", schema: { type: "string" } },
};

const errorHeaders = {
  ...requestIdHeader,
  "Retry-After": { description: "Whole seconds after which the request may succeed, at least 1.", schema: { type: "integer", minimum: 1 } },
  "x-should-retry": { description: "`false` where a repeat of the same request would be of no use.", schema: { const: "false" } },
};

/** draft-ietf-httpapi-ratelimit-headers-10. */
const rateLimitHeaders = {
  RateLimit: { description: 'Which limit refused and when it lets one more through: `"recipient";r=0;t=120`.', schema: { type: "string" } },
  "RateLimit-Policy": { description: 'That limit: `"recipient";q=3;w=900`.', schema: { type: "string" } },
};

const json = (schema: object) => ({ "application/json": { schema } });

/** One response per status, with the types that share it. */
function responsesOf(operation: Operation, reply: object): Record<string, object> {
  const byStatus = new Map<number, string[]>();
  for (const type of errorTypesOf(operation)) {
    const { status, when } = errorRow(type);
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${type}\`: ${when}`]);
  }
  const isPost = operation !== "get-verification";
  const okHeaders = isPost ? { ...requestIdHeader, ...replayedHeader, ...deprecationHeaders } : requestIdHeader;
  const responses: Record<string, object> = { 200: { description: "Done.", headers: okHeaders, content: json(reply) } };
  for (const [status, lines] of [...byStatus].sort(([a], [b]) => a - b)) {
    responses[status] = {
      description: lines.join("\n\n"),
      headers: status === 429 ? { ...errorHeaders, ...rateLimitHeaders } : errorHeaders,
      content: json({ $ref: "#/components/schemas/Error" }),
    };
  }
  return responses;
}

const idempotencyKey = {
  name: "Idempotency-Key",
  in: "header",
  required: false,
  description: "The same key and body get the stored reply, and no second SMS or try.",
  schema: { type: "string", pattern: "^[\\x21-\\x7e]{1,255}$" },
};

const paths: Record<string, object> = {};
for (const { operation, summary, request, reply } of posts) {
  paths[`/api/v1/sms/${operation}`] = {
    post: {
      operationId: operation,
      summary,
      // An empty requirement: the older way sends both keys in the body.
      security: [{ accessKey: [], secretKey: [] }, {}],
      parameters: [idempotencyKey],
      requestBody: { required: true, content: json(request) },
      responses: responsesOf(operation, reply),
    },
  };
}
paths["/api/v1/sms/verifications/{verificationId}"] = {
  get: {
    operationId: "get-verification",
    summary: "State and delivery timeline of a verification; never the code",
    parameters: [{ name: "verificationId", in: "path", required: true, schema: VerificationId }],
    responses: responsesOf("get-verification", VerificationReply),
  },
};

export const openApiDocument = {
  openapi: "3.1.0",
  info: { title: "Antryk SMS API", version: "1.0.0", license: { name: "Apache-2.0", identifier: "Apache-2.0" } },
  security: [{ accessKey: [], secretKey: [] }],
  paths,
  components: {
    securitySchemes: {
      accessKey: { type: "apiKey", in: "header", name: "x-access-key" },
      secretKey: { type: "apiKey", in: "header", name: "x-secret-key" },
    },
    schemas: { Error: ErrorReply },
  },
};
