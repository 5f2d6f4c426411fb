/** The store: the one implementation of the port, over any engine. */
import { configurationOver } from "./configuration.ts";
import { decisionsOver } from "./decisions.ts";
import type { Engine } from "./engine.ts";
import { identityOver } from "./identity.ts";
import { listsOver } from "./lists.ts";
import type { Store } from "./port.ts";
import { pricesOver } from "./prices.ts";
import { queueOver } from "./queue.ts";
import { receiptsOver } from "./receipts.ts";
import { scoresOver } from "./scores.ts";
import { searchOver } from "./search.ts";
import { trafficOver } from "./traffic.ts";
import { upkeepOver } from "./upkeep.ts";
import { usageOver } from "./usage.ts";
import { verificationsOver } from "./verifications.ts";

export function storeOver(engine: Engine): Store {
  return {
    engine: engine.name,
    newestSchema: engine.newestSchema,
    now: () => engine.now(),
    ...verificationsOver(engine),
    ...configurationOver(engine),
    ...receiptsOver(engine),
    ...listsOver(engine),
    ...pricesOver(engine),
    ...queueOver(engine),
    ...scoresOver(engine),
    ...searchOver(engine),
    ...trafficOver(engine),
    ...decisionsOver(engine),
    ...identityOver(engine),
    ...usageOver(engine),
    ...upkeepOver(engine),
  };
}
