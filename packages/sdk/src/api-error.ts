/** Makes the named errors of the server. */

import { errorMessage } from "./error-type.ts";
import type { ApiError, ErrorDetails } from "./errors.ts";
import { apiErrors } from "./generated/error-classes.ts";
import { type ErrorType, errorRows } from "./generated/error-rows.ts";
import type { SyntaxFault } from "./validation.ts";

/** An error of the class of its type, with the status of its type. */
export function apiError(type: ErrorType, hint: string, details: Omit<ErrorDetails, "type">): ApiError {
  const message = hint ? `${errorMessage(type)}: ${hint}` : errorMessage(type);
  const { status } = errorRows[type];
  return new apiErrors[type](message, { status, code: status, ...details, type });
}

/** The error that the server would answer to a malformed argument. */
export function faultError({ type, param, hint }: SyntaxFault): ApiError {
  return apiError(type, hint, { param });
}
