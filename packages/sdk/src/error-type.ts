/** What is known of a `type` without its class. */
import { type ErrorType, errorRows } from "./generated/error-rows.ts";

/** Whether this version knows the type. */
export function isErrorType(type: unknown): type is ErrorType {
  return typeof type === "string" && Object.hasOwn(errorRows, type);
}

/** A type's words in title case: the message that the server sends with it. */
export function errorMessage(type: ErrorType): string {
  return type.replace(/(^|_)([a-z])/g, (_all, gap: string, letter: string) => (gap && " ") + letter.toUpperCase());
}
