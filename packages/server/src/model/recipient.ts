/** Whose verification it is. */
import type { Channel } from "./channel.ts";

/** Which recipient of which service of which account. */
export interface RecipientKey {
  readonly accountId: string;
  readonly serviceId: string;
  readonly channel: Channel;
  /** The address in the channel: for SMS E.164, in its canonical spelling. In history its masked form if it has been reduced. */
  readonly recipient: string;
  /**
   * 48 bits of a keyed hash over account, channel and recipient. It says where everything about this recipient is
   * stored: its first 12 bits are the bucket, which a store could be sharded by.
   */
  readonly hash: number;
}

export const buckets = 4_096;
const hashesPerBucket = 2 ** 36;

export function bucketOf(hash: number): number {
  return Math.floor(hash / hashesPerBucket);
}

/** A hash in `bucket` whose other bits are those of `hash`. */
export function hashIn(bucket: number, hash: number): number {
  return bucket * hashesPerBucket + (hash % hashesPerBucket);
}
