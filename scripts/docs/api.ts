/** The operations, their fields and their replies, from the OpenAPI document. */
import { errorRow, errorTypesOf, type Operation, openApiDocument } from "@antryk/contract";
import Value from "typebox/value";
import { code, sentence, table } from "./markdown.ts";

/** What the document's schemas use of JSON Schema. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly format?: string;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly examples?: readonly unknown[];
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: Schema;
}

interface OperationObject {
  readonly operationId: Operation;
  readonly summary: string;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}

type Content = Readonly<Record<"application/json", { readonly schema: Schema }>>;

/** Values for the samples, by the field's name, if the schema has no example. */
const sampleValues: Readonly<Record<string, unknown>> = {
  verificationId: "01a206e8-2ddf-705f-b2f2-be8e9d93c1e1",
  expiresIn: 300,
  expiresAt: "2026-11-23T09:05:00.000Z",
  resendAt: "2026-11-23T09:00:30.000Z",
  createdAt: "2026-11-23T09:00:00.000Z",
  at: "2026-11-23T09:00:00.004Z",
  endedAt: null,
  attemptsRemaining: 4,
  attempts: 0,
  maxAttempts: 5,
  durationMs: 12,
  gateway: "http",
};

/** A body that the schema accepts; only what is required is in it. */
export function sample(schema: Schema, name = ""): unknown {
  if (schema.properties) {
    const required = Object.entries(schema.properties).filter(([key]) => schema.required?.includes(key));
    return Object.fromEntries(required.map(([key, value]) => [key, sample(value, key)]));
  }
  if (schema.items) return [sample(schema.items, name)];
  if (schema.const !== undefined) return schema.const;
  if (schema.type === "null") return null;
  if (schema.examples) return schema.examples[0];
  return schema.enum ? schema.enum[0] : sampleValues[name];
}

/** The sample as JSON; throws if the schema does not accept it, so that no page shows an impossible body. */
function sampleJson(schema: Schema): string {
  const body = sample(schema);
  if (!Value.Check(schema as never, body))
    throw new Error(`the sample does not fit its schema: ${JSON.stringify(body)}`);
  return `\`\`\`json\n${JSON.stringify(body, null, 2)}\n\`\`\``;
}

function typeOf(schema: Schema): string {
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => code(JSON.stringify(value))).join(", ");
  if (schema.items) return `array of ${typeOf(schema.items)}s`;
  return schema.format === "date-time" ? "string, ISO 8601" : (schema.type ?? "any");
}

/** A longer pattern would make the table unreadable; its description says what it is. */
const patternRoom = 40;

function rowsOf(schema: Schema, prefix: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const optional = schema.required?.includes(name) ? "" : ", optional";
    const path = `${prefix}${name}`;
    const pattern = field.pattern && field.pattern.length < patternRoom ? ` Matches ${code(field.pattern)}.` : "";
    const described = field.description ? `${sentence(field.description)}${pattern}` : pattern.trim();
    const text = `${field.deprecated ? "Deprecated. " : ""}${described}`;
    const nested = field.items ? rowsOf(field.items, `${path}[].`) : rowsOf(field, `${path}.`);
    return [[code(path), `${typeOf(field)}${optional}`, text], ...nested];
  });
}

function fields(schema: Schema): string {
  return table(["field", "type", "what it is"], rowsOf(schema, ""));
}

function operationText(method: string, path: string, operation: OperationObject): string {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const parts = [`## ${operationId}`, `${sentence(summary)}`, `\`\`\`http\n${method.toUpperCase()} ${path}\n\`\`\``];
  if (parameters.length > 0) {
    const rows = parameters.map((each) => [
      code(each.name),
      each.in,
      each.required ? "yes" : "no",
      sentence(each.description ?? each.schema.description ?? ""),
    ]);
    parts.push("### Parameters", table(["name", "in", "needed", "what it is"], rows));
  }
  const request = requestBody?.content["application/json"].schema;
  if (request) parts.push("### Request body", fields(request), sampleJson(request));
  const reply = responses["200"]?.content["application/json"].schema;
  const replies = reply?.anyOf ?? (reply ? [reply] : []);
  for (const each of replies)
    parts.push(
      replies.length === 1 ? "### Reply, 200" : `### Reply, 200: ${titleOf(each)}`,
      fields(each),
      sampleJson(each),
    );
  const errors = errorTypesOf(operationId).map((type) => [
    String(errorRow(type).status),
    code(type),
    errorRow(type).when,
  ]);
  parts.push("### Errors", table(["HTTP", "`type`", "when"], errors));
  return parts.join("\n\n");
}

/** What is different in the replies of one status. */
function titleOf(schema: Schema): string {
  const data = schema.properties?.data?.properties ?? {};
  const found = Object.entries(data).find(([, field]) => typeof field.const === "boolean");
  return found ? code(`data.${found[0]} = ${found[1].const}`) : "another shape";
}

export const apiSections = {
  operations: () =>
    Object.entries(openApiDocument.paths)
      .flatMap(([path, methods]) =>
        Object.entries(methods as Record<string, OperationObject>).map(([method, operation]) =>
          operationText(method, path, operation),
        ),
      )
      .join("\n\n"),
  envelope: () => {
    const schema = openApiDocument.components.schemas.Error as Schema;
    return fields(schema);
  },
};
