/** The POST routes, for tests that hold all of them to one rule. */
import { operations, type PostOperation, postOperations } from "@antryk/contract";

export const smsOperations = postOperations;

/** What an unknown service is called there. */
export const badServiceOf = (operation: PostOperation) => operations[operation].badService;
