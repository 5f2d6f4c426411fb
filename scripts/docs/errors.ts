/** The tables of errors, from the contract. */
import { errorRow, errorTypes } from "@antryk/contract";
import { code, table } from "./markdown.ts";

export const errorSections = {
  errors: () =>
    table(
      ["HTTP", "`type`", "message", "answered by", "again", "when"],
      errorTypes.map((type) => {
        const { status, message, when, operations, retryable } = errorRow(type);
        return [
          String(status),
          code(type),
          message,
          operations === "all" ? "every route" : operations.map(code).join(", "),
          retryable ? "later" : "no",
          when,
        ];
      }),
    ),
  "sdk-errors": () =>
    table(
      ["`type`", "HTTP", "when"],
      errorTypes.map((type) => [code(type), String(errorRow(type).status), errorRow(type).when]),
    ),
};
