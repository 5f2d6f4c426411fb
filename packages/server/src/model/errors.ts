/** Faults of the store that a caller must know apart. */

/** The store can't be reached or written now: locked, full, broken or gone. The edge answers 503. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** There is no store, and none was to be made. */
export class StoreMissing extends Error {
  override readonly name = "StoreMissing";
}

/** A schema that this program does not know. */
export class SchemaTooNew extends Error {
  override readonly name = "SchemaTooNew";
}
