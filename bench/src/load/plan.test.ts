import assert from "node:assert/strict";
import { test } from "node:test";
import { pathNames, paths } from "./paths.ts";
import { changesOf, comparisonsOf, orderOf, planRows, type Row, serverName, serversOf } from "./plan.ts";

const all = new Set(pathNames);
const ids = (rows: readonly Row[]) => rows.map(({ id }) => id);
const only = (...names: string[]) => new Set(names);

test("on SQLite each path is measured once, and none that needs a second process", () => {
  const rows = planRows("sqlite", all, ["after"], paths);
  assert.deepEqual(
    rows.map(({ path }) => path.name),
    ["send", "send-limit", "send-rules", "send-key", "verify", "verify-key", "send-http", "send-smpp", "send-report"],
  );
  assert.deepEqual(serversOf(rows).map(serverName), ["after, 1 worker"]);
});

test("on PostgreSQL send and verify are measured with each count of workers", () => {
  const rows = planRows("postgres", only("verify", "verify-key"), ["after"], paths);
  assert.deepEqual(
    rows.map(({ path, at }) => [path.name, at.workers]),
    [
      ["verify", 1],
      ["verify", 2],
      ["verify", 4],
      ["verify-key", 1],
    ],
  );
});

test("codes that are verified elsewhere are sent by the first process, on the same side", () => {
  const rows = planRows("postgres", only("verify-elsewhere"), ["after", "before"], paths);
  assert.deepEqual(
    rows.map(({ at, sender }) => [serverName(sender), serverName(at)]),
    [
      ["after, 1 worker", "after, 1 worker, second process"],
      ["before, 1 worker", "before, 1 worker, second process"],
    ],
  );
  assert.equal(serversOf(rows).length, 4);
});

test("each row stands beside its like of the other checkout, and is compared with it", () => {
  const rows = planRows("postgres", only("send", "send-key"), ["after", "before"], paths);
  assert.deepEqual(
    rows.map(({ at }) => at.side),
    ["after", "before", "after", "before", "after", "before", "after", "before"],
  );
  assert.deepEqual(
    changesOf(rows).map(({ of, by }) => [of.path.name, of.at.workers, by.path.name, by.at.workers, by.at.side]),
    [
      ["send", 1, "send", 1, "before"],
      ["send", 2, "send", 2, "before"],
      ["send", 4, "send", 4, "before"],
      ["send-key", 1, "send-key", 1, "before"],
    ],
  );
});

test("paths are compared with the path that they add to, if both are measured", () => {
  const compared = (...names: string[]) =>
    comparisonsOf(planRows("postgres", only(...names), ["after"], paths)).map(({ of, by, goal }) => [
      of.id,
      by.id,
      goal,
    ]);
  assert.deepEqual(compared("send-limit", "verify-elsewhere", "send-report"), []);
  assert.deepEqual(compared("send", "send-limit", "send-key"), [
    ["send-limit, after, 1 worker", "send, after, 1 worker", 1.3],
    ["send-key, after, 1 worker", "send, after, 1 worker", 1.6],
    ["send, after, 4 workers", "send, after, 1 worker", 1.3],
  ]);
  assert.deepEqual(compared("verify", "verify-key", "verify-elsewhere", "send-smpp", "send-report"), [
    ["send-report, after, 1 worker", "send-smpp, after, 1 worker", 1.3],
    ["verify-key, after, 1 worker", "verify, after, 1 worker", 1.6],
    ["verify-elsewhere, after, 1 worker", "verify, after, 1 worker", null],
    ["verify, after, 4 workers", "verify, after, 1 worker", 1.3],
  ]);
  const both = comparisonsOf(planRows("sqlite", only("send", "send-key"), ["after", "before"], paths));
  assert.deepEqual(
    both.map(({ side, by }) => [side, by.at.side]),
    [
      ["after", "after"],
      ["before", "before"],
    ],
  );
});

test("each round begins with another path, and every other round swaps what is compared", () => {
  const rows = planRows("sqlite", only("send", "verify"), ["after", "before"], paths);
  const order = (round: number) => orderOf(rows, round).map(ids);
  const [send, verify] = [ids(rows.slice(0, 2)), ids(rows.slice(2))];
  assert.deepEqual(order(0), [send, verify]);
  assert.deepEqual(order(1), [verify.toReversed(), send.toReversed()]);
  assert.deepEqual(order(2), [send, verify]);
  assert.deepEqual(orderOf([], 3), []);
});
