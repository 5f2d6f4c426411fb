/** What a store is, whose it is, and which servers run on it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { nodeLivesMs, type ServerNode } from "../../../server/src/store/ports/identity.ts";
import { type Engine, storeTest } from "./harness.ts";

function newNode(more: Partial<ServerNode> = {}): ServerNode {
  return { id: randomUUID(), host: "one.test", pid: 4711, version: "0.1.0", schema: 1, keys: ["k_1", "k_2"], ...more };
}

export function identifyingSuite(engine: Engine): void {
  const withStore = storeTest(engine);

  withStore("a store is one keyring's: the first that claims it", async ({ store }, { another }) => {
    const other = await another();
    const before = await store.identity();
    assert.deepEqual([before.canary, before.isMoving, before.isBeyond], [null, false, false]);
    const claims = await Promise.all(["a", "b"].flatMap((canary) => [store.claim(canary), other.claim(canary)]));
    assert.equal(new Set(claims).size, 1, "all are told the same");
    assert.deepEqual(await store.ping(), { ...before, canary: claims[0] });
    assert.deepEqual(await other.identity(), { ...before, canary: claims[0] });
  });

  withStore("servers are on the list while they live", async ({ store }, { another, advance }) => {
    const other = await another();
    const [first, second] = [newNode(), newNode({ host: "two.test", keys: ["k_1"] })];
    const start = store.now();
    await store.seeNode(first);
    advance(nodeLivesMs - 1);
    await other.seeNode(second);
    assert.deepEqual(await store.nodes(), [
      { ...first, seenAt: start },
      { ...second, seenAt: start + nodeLivesMs - 1 },
    ]);
    advance(2);
    assert.deepEqual(
      (await store.nodes()).map(({ id }) => id),
      [second.id],
      "the first was not seen again",
    );
    await store.seeNode({ ...second, keys: ["k_3"] });
    assert.deepEqual(await other.nodes(), [{ ...second, keys: ["k_3"], seenAt: start + nodeLivesMs + 1 }]);
    await store.forgetNode(second.id);
    assert.deepEqual(await store.nodes(), []);
  });
}
