/** What a readiness check does to the store: it writes, as a send does, so that it meets what a send meets. Pure. */
import type { Call } from "../../engine.ts";
import { readinessRef } from "../kinds.ts";

export const writeReadiness: Call<void> = {
  rows: [readinessRef],
  decide: ({ now }) => ({ outcome: undefined, writes: [{ ref: readinessRef, row: { at: now } }] }),
};
