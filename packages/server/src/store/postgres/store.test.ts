import { after } from "node:test";
import { startPostgres } from "@antryk/testkit/postgres";
import { storeConformance } from "@antryk/testkit/store/suite";
import { ManualClock } from "../clock.ts";

const server = await startPostgres();
after(() => server[Symbol.asyncDispose]());

storeConformance({
  name: "postgres",
  async open() {
    const clock = new ManualClock();
    const database = await server.database(clock);
    const store = await database.open({ clock });
    return {
      store,
      advance: (ms) => clock.advance(ms),
      another: () => database.open({ clock }),
      close: () => store.close().then(() => database[Symbol.asyncDispose]()),
    };
  },
});
