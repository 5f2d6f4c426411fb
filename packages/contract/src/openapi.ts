/** The OpenAPI 3.1 document of the SMS API, made from the schemas that validate and the table of errors. */
import { errorRow, errorTypesOf } from "./errors.ts";
import { type Operation, operationNames, operations } from "./operations.ts";
import { ErrorReply } from "./schemas.ts";

const requestIdHeader = {
  "x-request-id": {
    description: "The caller's own if it has 1 to 128 of A-Z a-z 0-9 . _ -, else a new one.",
    schema: { type: "string" },
  },
};

const replayedHeader = {
  "Idempotency-Replayed": { description: "`true` if the reply is a stored one.", schema: { const: "true" } },
};

const deprecationHeaders = {
  Deprecation: { description: "If the credentials came in the body (RFC 9745).", schema: { type: "string" } },
  Link: { description: "Beside `Deprecation`: what to do.", schema: { type: "string" } },
};

const errorHeaders = {
  ...requestIdHeader,
  "Retry-After": {
    description: "Whole seconds after which the request may succeed, at least 1.",
    schema: { type: "integer", minimum: 1 },
  },
  "x-should-retry": {
    description: "`false` if a repeat of the same request would be of no use.",
    schema: { const: "false" },
  },
};

/** draft-ietf-httpapi-ratelimit-headers-10. */
const rateLimitHeaders = {
  RateLimit: {
    description: 'Which limit refused and when it lets one more through: `"recipient";r=0;t=120`.',
    schema: { type: "string" },
  },
  "RateLimit-Policy": { description: 'That limit: `"recipient";q=3;w=900`.', schema: { type: "string" } },
};

const json = (schema: object) => ({ "application/json": { schema } });

/** One response per status, with the types that share it. */
function responsesOf(operation: Operation): Record<string, object> {
  const { method, reply } = operations[operation];
  const byStatus = new Map<number, string[]>();
  for (const type of errorTypesOf(operation)) {
    const { status, when } = errorRow(type);
    byStatus.set(status, [...(byStatus.get(status) ?? []), `\`${type}\`: ${when}`]);
  }
  const okHeaders =
    method === "POST" ? { ...requestIdHeader, ...replayedHeader, ...deprecationHeaders } : requestIdHeader;
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

function described(operation: Operation): object {
  const row = operations[operation];
  const { summary } = row;
  const responses = responsesOf(operation);
  if (row.method === "GET") {
    const parameters = Object.entries(row.parameters).map(([name, schema]) => ({
      name,
      in: "path",
      required: true,
      schema,
    }));
    return { get: { operationId: operation, summary, parameters, responses } };
  }
  return {
    post: {
      operationId: operation,
      summary,
      // An empty requirement: the older way sends both keys in the body.
      security: [{ accessKey: [], secretKey: [] }, {}],
      parameters: [idempotencyKey],
      requestBody: { required: true, content: json(row.request) },
      responses,
    },
  };
}

const paths: Readonly<Record<string, object>> = Object.fromEntries(
  operationNames.map((operation) => [operations[operation].path, described(operation)]),
);

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
