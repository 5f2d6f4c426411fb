/** Reading a small JSON body, whole or not at all. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { bounds, type ErrorType } from "@antryk/contract";

export type BodyResult =
  | { readonly kind: "body"; readonly value: Readonly<Record<string, unknown>> }
  | {
      readonly kind: "error";
      readonly type: Extract<ErrorType, "unsupported_media_type" | "payload_too_large" | "invalid_json">;
    }
  /** The client went away. */
  | { readonly kind: "gone" };

const jsonType = /^application\/json\s*(;|$)/i;

/** Media type and size before a byte is kept. */
export function readJsonObject(request: IncomingMessage): Promise<BodyResult> {
  const { "content-type": type, "content-encoding": encoding, "content-length": length } = request.headers;
  if (type === undefined || !jsonType.test(type) || (encoding !== undefined && encoding !== "identity"))
    return refuse("unsupported_media_type");
  if (Number(length) > bounds.bodyBytes) return refuse("payload_too_large");
  return new Promise((resolve) => {
    let first: Buffer | undefined;
    let chunks: Buffer[] | undefined;
    let bytes = 0;
    const keep = (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bounds.bodyBytes) {
        request.off("data", keep);
        resolve({ kind: "error", type: "payload_too_large" });
      } else if (first) {
        chunks ??= [first];
        chunks.push(chunk);
      } else first = chunk;
    };
    request.on("data", keep);
    request.on("end", () => resolve(parse(chunks ? Buffer.concat(chunks) : first)));
    request.on("close", () => resolve({ kind: "gone" }));
    request.on("error", () => resolve({ kind: "gone" }));
  });
}

function parse(bytes: Buffer | undefined): BodyResult {
  // JSON is UTF-8 (RFC 8259 §8.1); decoding would put U+FFFD in the place of what is not.
  if (bytes !== undefined && !isUtf8(bytes)) return { kind: "error", type: "invalid_json" };
  try {
    const value: unknown = JSON.parse(bytes === undefined ? "" : bytes.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { kind: "body", value: value as Record<string, unknown> };
  } catch {
    // The reply does not say what is wrong with the text: a parser's message quotes it.
  }
  return { kind: "error", type: "invalid_json" };
}

function refuse(type: "unsupported_media_type" | "payload_too_large"): Promise<BodyResult> {
  return Promise.resolve({ kind: "error", type });
}
