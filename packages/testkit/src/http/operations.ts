/** The POST routes, for tests that check one rule on all of them. */
import { operations, type PostOperation, postOperations } from "@antryk/contract";

export const smsOperations = postOperations;

/** What an unknown service is called there. */
export const badServiceOf = (operation: PostOperation) => operations[operation].badService;
