import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, readConfig } from "../../config.ts";
import { parseTarget, targetLabel } from "./target.ts";

test("the parts of a URL", () => {
  const target = parseTarget(
    "postgres://us%40er:p%2Fw@db.example:6432/antryk?sslmode=disable&connect_timeout=7&statement_timeout=900",
  );
  const { hosts, user, password, database, sslMode, connectTimeoutMs, statementTimeoutMs, applicationName } = target;
  assert.deepEqual(
    { hosts, user, password, database, sslMode, connectTimeoutMs, statementTimeoutMs, applicationName },
    {
      hosts: [{ host: "db.example", port: 6432 }],
      user: "us@er",
      password: "p/w",
      database: "antryk",
      sslMode: "disable",
      connectTimeoutMs: 7_000,
      statementTimeoutMs: 900,
      applicationName: "antryk",
    },
  );
});

test("several hosts, IPv6 and a socket's folder", () => {
  assert.deepEqual(parseTarget("postgresql://a:1,[::1]:2,c/d").hosts, [
    { host: "a", port: 1 },
    { host: "::1", port: 2 },
    { host: "c", port: 5432 },
  ]);
  assert.deepEqual(parseTarget("postgres:///d?host=/run/postgresql").hosts, [{ host: "/run/postgresql", port: 5432 }]);
  assert.deepEqual(parseTarget("postgres:///d").hosts, [{ host: "localhost", port: 5432 }]);
});

test("a label names hosts and database, and no secret", () => {
  assert.equal(targetLabel(parseTarget("postgres://user:secret@a:1,[::1]/d")), "postgres://a:1,[::1]:5432/d");
});

const malformed = [
  "postgres:",
  "postgres://user:secret@host:99999/d",
  "postgres://user:secret@ho st/d/e/f?x",
  "postgres://user:secret@host:port/d",
  "postgres://user:secret@host/d?sslmode=maybe",
  "postgres://user:secret@host/d?ssl=true",
  "postgres://user:secret@host/d?connect_timeout=soon",
  "postgres://user:secret@host/d?sslrootcert=/nowhere/at/all",
  "postgres://user:secret%ZZ@host/d",
  "postgres://user:sec:ret@a@b/d",
  "mysql://user:secret@host/d",
];

test("a malformed value stops the start, names the variable, and shows no password", () => {
  for (const url of malformed)
    assert.throws(
      () => readConfig({ ANTRYK_DATABASE_URL: url }),
      (fault: Error) =>
        fault instanceof ConfigError &&
        fault.message.startsWith("ANTRYK_DATABASE_URL is malformed") &&
        !/secret|sec:ret/.test(JSON.stringify([fault.message, fault.stack, fault.cause])),
      url,
    );
  for (const name of ["ANTRYK_DATABASE_CONNECTIONS", "ANTRYK_DATABASE_BATCH"])
    for (const value of ["0", "-1", "many", "1e3", "99999"])
      assert.throws(
        () => readConfig({ ANTRYK_DATABASE_URL: "postgres://a/b", [name]: value }),
        (fault: Error) => fault instanceof ConfigError && fault.message.startsWith(`${name} is malformed`),
      );
});

test("what a configuration says of PostgreSQL, and what people see of it", () => {
  const { database, databaseLabel } = readConfig({
    ANTRYK_DATABASE_URL: "postgres://user:secret@host/d",
    ANTRYK_DATABASE_CONNECTIONS: "8",
    ANTRYK_DATABASE_BATCH: "100",
  });
  assert.ok(database.engine === "postgres" && database.connections === 8 && database.batchSize === 100);
  assert.equal(databaseLabel, "postgres://host:5432/d");
});
