/** Checks replies against the OpenAPI document. */
import { type Operation, openApiDocument, operations } from "@antryk/contract";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { TestReply } from "../service.ts";

const ajv = new Ajv2020({ strict: false, allErrors: true, validateSchema: false });
formats.default(ajv);
ajv.addSchema(openApiDocument, "openapi.json");

/** What is wrong with the reply, by the document; `undefined` if nothing is. */
export function openApiProblem(
  operation: Operation,
  { status, body }: Pick<TestReply, "status" | "body">,
): string | undefined {
  const { path, method } = operations[operation];
  const pointer = ["paths", path, method.toLowerCase(), "responses", String(status)];
  const described = pointer.reduce<unknown>(
    (part, name) => (part as Record<string, unknown> | undefined)?.[name],
    openApiDocument,
  );
  if (!described) return `${operation} has no status ${status}`;
  const ref = [...pointer, "content", "application/json", "schema"]
    .map((name) => encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1")))
    .join("/");
  const validate = ajv.getSchema(`openapi.json#/${ref}`);
  if (!validate) throw new Error(`no schema at ${ref}`);
  return validate(body) ? undefined : `${operation} ${status}: ${ajv.errorsText(validate.errors)}`;
}
