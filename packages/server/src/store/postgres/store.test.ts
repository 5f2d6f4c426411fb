import { after } from "node:test";
import { run, startPostgres } from "@antryk/testkit/postgres";
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
      anotherEngine: () => database.openEngine({ clock }),
      breakMessageNames: async () => {
        const raise = "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'broken'; END $$";
        await run(database.url, raise);
        await run(
          database.url,
          "CREATE TRIGGER broken BEFORE INSERT ON antryk.message FOR EACH ROW EXECUTE FUNCTION broken()",
        );
        return async () => {
          await run(database.url, "DROP FUNCTION broken CASCADE");
        };
      },
      text: async (key) => {
        const [row] = await run(database.url, "SELECT state FROM antryk.item WHERE key = $1", [key]);
        return row && String(row.state);
      },
      mangle: async (text, key) => {
        const sql = key
          ? "UPDATE antryk.item SET state = $1, version = version + 1 WHERE key = $2"
          : "UPDATE antryk.counter SET older = $1, version = version + 1";
        await run(database.url, sql, key ? [text, key] : [text]);
      },
      rows: async () => {
        const tables =
          "SELECT relname FROM pg_class WHERE relnamespace = 'antryk'::regnamespace AND relkind IN ('r', 'p')";
        const found = [];
        for (const { relname } of await run(database.url, tables))
          found.push(relname, await run(database.url, `SELECT t::text FROM antryk."${relname}" t`));
        return JSON.stringify(found);
      },
      close: () => store.close().then(() => database[Symbol.asyncDispose]()),
    };
  },
});
