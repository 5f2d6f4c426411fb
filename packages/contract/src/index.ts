export * from "./errors.ts";
export * from "./limits.ts";
export * from "./openapi.ts";
export * from "./operations.ts";
export * from "./sandbox-numbers.ts";
export * from "./schemas.ts";
export * from "./syntax.ts";
