/** The part of the store's port that says what the store is, and which servers run on it. */

/** Rows of history that a move brings while servers run. */
export interface HistoryBehind {
  readonly moved: number;
  readonly all: number;
}

/** What a store says of itself, in its one row. */
export interface StoreIdentity {
  /** A UUID that no other store has; a moved store keeps it. */
  readonly id: string;
  /** Which keyring its rows were made with (`Keyring.canary`); null until one was used. */
  readonly canary: string | null;
  /** The newest time that its servers have written down, Unix ms; they do so every ten seconds. */
  readonly newest: number;
  /** Codes issued before are over, since the database has gone back by a failover, Unix ms; 0: none. */
  readonly codesFrom: number;
  /** A move into it has not brought yet what requests need. */
  readonly isMoving: boolean;
  /** Older history that a move still brings; null: all is there. */
  readonly historyBehind: HistoryBehind | null;
  /** Its schema has come so far that this program must not write to it any more. */
  readonly isBeyond: boolean;
}

/** A server process that runs on the store. */
export interface ServerNode {
  /** A UUID of this run. */
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly version: string;
  /** The newest schema that its program knows. */
  readonly schema: number;
  /** Ids of the keys that it has loaded, the one that makes codes first. */
  readonly keys: readonly string[];
}

export interface SeenNode extends ServerNode {
  /** When it was last seen, Unix ms of the store's clock. */
  readonly seenAt: number;
}

/** A server that was not seen for so long is dead, ms: three times as long as it rests between two signs of life. */
export const nodeLivesMs = 30_000;

export interface IdentityStore {
  identity(): Promise<StoreIdentity>;
  /** The canary of the store, which is this one if it had none. */
  claim(canary: string): Promise<string>;
  /** The server is alive; it is forgotten if it does not say so again. */
  seeNode(node: ServerNode): Promise<void>;
  forgetNode(id: string): Promise<void>;
  /** Servers that are alive, the one that was seen first before the others. */
  nodes(): Promise<readonly SeenNode[]>;
}
