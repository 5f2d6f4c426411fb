/** Faults of the store that a caller must know apart. */

/** The store can't be reached or written now: locked, full, broken or gone. The edge answers 503. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/**
 * What stands in a row of the store is not what antryk writes. It is left as it is; only calls that need the row fail.
 * The message says which part, and nothing of what stands in it.
 */
export class UnreadableRow extends Error {
  override readonly name = "UnreadableRow";
}

/** A store that a move has filled in part only: what is missing would be taken for forgotten. */
export function unfinishedMove(place: string): StoreUnavailable {
  return new StoreUnavailable(`the move into ${place} was not finished: run "antryk move" again`);
}

/** There is no store, and none was to be made. */
export class StoreMissing extends Error {
  override readonly name = "StoreMissing";
}

/** The store can't be used as it is set up; the message says what cures it. */
export class StoreUnusable extends Error {
  override readonly name = "StoreUnusable";
}

/** A schema that this program must not write to. */
export class SchemaTooNew extends Error {
  override readonly name = "SchemaTooNew";
}

/** A schema that lacks what this program needs. */
export class SchemaTooOld extends Error {
  override readonly name = "SchemaTooOld";
}

/** A schema that was made by other files of the same names. */
export class SchemaChanged extends Error {
  override readonly name = "SchemaChanged";
}
