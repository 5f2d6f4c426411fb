/** The SDK's lists of errors, from the contract: it has no dependency at run time, so it can't read them there. */
import { type ErrorField, type ErrorType, errorRow, errorTypes } from "@antryk/contract";

const folder = "packages/sdk/src/generated";
const header =
  "// Made from packages/contract/src/errors.ts by `npm run generate`; what is written here by hand is lost.\n";

/** `otp_pending` is thrown as `OtpPendingError`, `internal_error` as `InternalError`. */
function classOf(type: ErrorType): string {
  const words = type.split("_").filter((word, index, all) => word !== "error" || index < all.length - 1);
  return `${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}Error`;
}

/** A doc comment of lines that fit. */
function comment(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line.length + word.length < 110) lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
    else lines.push(word);
  }
  return lines.length === 1 ? `/** ${lines[0]} */` : `/**\n${lines.map((line) => ` * ${line}`).join("\n")}\n */`;
}

function rows(): string {
  const types = errorTypes.map((type) => `  | "${type}"`).join("\n");
  const table = errorTypes.map(
    (type) => `  ${type}: { status: ${errorRow(type).status}, retryable: ${errorRow(type).retryable} },\n`,
  );
  return `${header}
/** The name of an error of the server. */
export type ErrorType =
${types};

/** What is known of each type: its HTTP status, and whether the same request may succeed later. */
export const errorRows: { readonly [type in ErrorType]: { readonly status: number; readonly retryable: boolean } } = {
${table.join("")}};
`;
}

/** A field as users read it. Those of every error are in the root class. */
const fieldTypes: { readonly [field in ErrorField]: readonly [type: string, says: string] } = {
  expiresAt: ["string | undefined", "When the pending OTP expires, ISO 8601."],
  attemptsRemaining: ["number | undefined", "Wrong codes still allowed; set if the code was compared."],
  limit: ["LimitName | undefined", "Which limit refused."],
  lockedUntil: ["string | undefined", "If `limit` is `otp` or `wrong_codes`: no code is compared before, ISO 8601."],
  mayHaveBeenSent: [
    "boolean | undefined",
    "`true`: a gateway may have sent the message nevertheless. Ask the user for the code; do not send again.",
  ],
  reason: ["BlockedReason | undefined", "Why it is refused."],
  decisionId: ["string | undefined", "Give it to the operator, who can look it up."],
};
const fieldTypeNames = ["BlockedReason", "LimitName"];

function fieldsOf(type: ErrorType): string {
  const inRoot = ["expiresAt", "attemptsRemaining"];
  const fields = (errorRow(type).fields ?? []).filter((field) => !inRoot.includes(field));
  return fields
    .map((field) => `  /** ${fieldTypes[field][1]} */\n  declare readonly ${field}: ${fieldTypes[field][0]};\n`)
    .join("");
}

function classes(): string {
  const each = errorTypes.map(
    (type) => `
${comment(`${errorRow(type).status} \`${type}\`. ${errorRow(type).when}`)}
export class ${classOf(type)} extends ApiError {
  /** @internal */
  static override readonly kind: string = "${classOf(type)}";
  declare readonly type: "${type}";
${fieldsOf(type)}}
`,
  );
  return `${header}import { ApiError } from "../errors.ts";\nimport type { ${fieldTypeNames.join(", ")} } from "../types.ts";\n${each.join("")}`;
}

function classMap(): string {
  const names = errorTypes.map(classOf).sort();
  return `${header}import type { ApiError, ErrorDetails } from "../errors.ts";
import {
${names.map((name) => `  ${name},\n`).join("")}} from "./api-errors.ts";
import type { ErrorType } from "./error-rows.ts";

/** What makes one of the named errors. */
export type ApiErrorClass = new (message: string, details: ErrorDetails) => ApiError;

/** The class of each type. */
export const apiErrors: { readonly [type in ErrorType]: ApiErrorClass } = {
${errorTypes.map((type) => `  ${type}: ${classOf(type)},\n`).join("")}};
`;
}

export const sdkErrorFiles: Readonly<Record<string, () => string>> = {
  [`${folder}/error-rows.ts`]: rows,
  [`${folder}/api-errors.ts`]: classes,
  [`${folder}/error-classes.ts`]: classMap,
};
