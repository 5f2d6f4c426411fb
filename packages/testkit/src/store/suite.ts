/** What every engine must pass. A second engine's test file opens its store and calls this. */
import type { Engine } from "./harness.ts";
import { identifyingSuite } from "./identifying.ts";
import { keepingSuite } from "./keeping.ts";
import { learningSuite } from "./learning.ts";
import { manglingSuite } from "./mangling.ts";
import { namingSuite } from "./naming.ts";
import { policingSuite } from "./policing.ts";
import { queueingSuite } from "./queueing.ts";
import { retainingSuite } from "./retaining.ts";
import { searchingSuite } from "./searching.ts";
import { sendingSuite } from "./sending.ts";
import { testingSuite } from "./testing.ts";
import { verifyingSuite } from "./verifying.ts";

export function storeConformance(engine: Engine): void {
  sendingSuite(engine);
  verifyingSuite(engine);
  testingSuite(engine);
  keepingSuite(engine);
  retainingSuite(engine);
  learningSuite(engine);
  namingSuite(engine);
  policingSuite(engine);
  searchingSuite(engine);
  queueingSuite(engine);
  identifyingSuite(engine);
  manglingSuite(engine);
}
