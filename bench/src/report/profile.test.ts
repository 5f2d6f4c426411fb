import assert from "node:assert/strict";
import { test } from "node:test";
import { selfTimes } from "./profile.ts";

const node = (id: number, functionName: string, url = "", children: number[] = []) => ({
  id,
  callFrame: { functionName, url, lineNumber: 9 },
  children,
});

test("self time goes to the sampled function, a native one is named with its caller, idleness is left out", () => {
  const profile = {
    nodes: [
      node(1, "(root)", "", [2, 4]),
      node(2, "write", "file:///x/rows.ts", [3]),
      node(3, "run"),
      node(4, "(idle)"),
    ],
    samples: [2, 3, 3, 4],
    timeDeltas: [0, 100, 250, 250, 5_000],
  };
  assert.deepEqual(selfTimes(profile), [
    { name: "run < write file:///x/rows.ts:10", us: 500 },
    { name: "write file:///x/rows.ts:10", us: 100 },
  ]);
});
