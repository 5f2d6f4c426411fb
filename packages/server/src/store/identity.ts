/** What a store is and which servers run on it, over any engine. */
import type { Engine } from "./engine.ts";
import { type IdentityStore, nodeLivesMs } from "./ports/identity.ts";

export function identityOver(engine: Engine): IdentityStore {
  const { installation } = engine;
  return {
    identity: () => installation.identity(),
    claim: (canary) => installation.claim(canary),
    seeNode: (node) => installation.seeNode(node),
    forgetNode: (id) => installation.forgetNode(id),
    nodes: () => installation.nodesSince(engine.now() - nodeLivesMs),
  };
}
