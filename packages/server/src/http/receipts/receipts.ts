/**
 * POST /receipts/{provider}/{token}, or GET for gateways that report so: what gateways report. The token and, if the
 * gateway signs, its signature authenticate it.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GatewayDirectory } from "../../delivery/gateways.ts";
import { mostReceiptsAtOnce } from "../../delivery/receipt-desk.ts";
import type { Log } from "../../observe/log.ts";
import { errorReply, okReply, type Reply } from "../lib/reply.ts";

const bodyLimitBytes = 256 * 1024;

export interface ReceiptParts {
  readonly gateways: GatewayDirectory;
  readonly log: Log;
  /** Where gateways reach this server. */
  readonly publicUrl: string | undefined;
}

type Send = (reply: FastifyReply, request: FastifyRequest, answer: Reply) => FastifyReply;

export function registerReceipts(scope: FastifyInstance, { gateways, log, publicUrl }: ReceiptParts, send: Send): void {
  // Signatures cover the bytes, and gateways send JSON, forms and XML.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", { parseAs: "buffer", bodyLimit: bodyLimitBytes }, (_request, body, done) =>
    done(null, body),
  );
  scope.setErrorHandler<Error & { statusCode?: number }>((fault, request, reply) => {
    if (fault.statusCode === 413) return send(reply, request, errorReply("payload_too_large"));
    throw fault;
  });

  const url = "/receipts/:provider/:token";
  scope.route<{ Params: { provider: string; token: string } }>({
    method: ["POST", "GET"],
    url,
    exposeHeadRoute: false,
    handler,
  });

  async function handler(
    request: FastifyRequest<{ Params: { provider: string; token: string } }>,
    reply: FastifyReply,
  ) {
    const { provider, token } = request.params;
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const url = `${publicUrl ?? ""}${request.url}`;
    const query = new URLSearchParams(request.url.split("?")[1] ?? "");
    const found = await gateways.parseReceipts(provider, token, {
      method: request.method,
      url,
      headers: request.headers,
      query,
      body,
    });
    if (!found) return send(reply, request, errorReply("not_found"));
    const { gatewayId, parsed } = found;
    if (parsed.kind === "receipts") {
      // Nobody's gateway sends so many, and each is looked for.
      if (parsed.receipts.length > mostReceiptsAtOnce) return send(reply, request, errorReply("payload_too_large"));
      const known = await gateways.receipts.record(gatewayId, parsed.receipts);
      return send(reply, request, okReply({ received: parsed.receipts.length, known }));
    }
    log.warn({ event: "receipt_refused", provider, reason: parsed.kind }, "a delivery receipt was refused");
    return send(reply, request, errorReply(parsed.kind === "forged" ? "invalid_credentials" : "invalid_parameter"));
  }
}
