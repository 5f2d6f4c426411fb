import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "@antryk/testkit/inputs/fast-check";
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
  "postgres://user:secret@host/d?sslrootcert=system&sslmode=require",
  "postgres://user:secret@host/d?channel_binding=require&sslmode=disable",
  "postgres://user:secret@host/d?service=x",
  "postgres://user:secret@host/d?gssencmode=require",
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

test("what libpq knows means what it means there", () => {
  const base = "postgres://u:p@h/d";
  const parsed = (query: string) => parseTarget(`${base}?${query}`);
  assert.equal(parsed("channel_binding=require&sslmode=require").channelBinding, true);
  assert.equal(parsed("channel_binding=disable").channelBinding, false);
  const system = parsed("sslrootcert=system");
  assert.deepEqual([system.sslMode, system.tls.rejectUnauthorized], ["verify-full", true]);
  assert.ok(Array.isArray(system.tls.ca) && system.tls.ca.length > 0);
  assert.equal(parsed("ssl=true").sslMode, "require");
  assert.equal(parsed("sslmode=allow").sslMode, "allow");
  assert.equal(parsed("connect_timeout=0").connectTimeoutMs, 60_000);
  assert.equal(parsed("options=-c%20geqo%3Doff").options, "-c geqo=off");
  assert.deepEqual(
    [parsed("keepalives=0").keepAlive, parsed("keepalives_idle=30").keepAliveDelayMs, parsed("").keepAlive],
    [false, 30_000, true],
  );
  for (const query of [
    "gssencmode=prefer",
    "keepalives_interval=5&keepalives_count=3",
    "tcp_user_timeout=9",
    "client_encoding=UTF8",
  ])
    parsed(query);
  const byQuery = parseTarget("postgres://?host=a,b&port=1,2&user=me&password=p%2Fw&dbname=d");
  assert.deepEqual(
    [byQuery.hosts, byQuery.user, byQuery.password, byQuery.database],
    [
      [
        { host: "a", port: 1 },
        { host: "b", port: 2 },
      ],
      "me",
      "p/w",
      "d",
    ],
  );
  assert.equal(parseTarget("postgres://h/d?host=/run/postgresql&port=6000").hosts[0]?.port, 6000);
  assert.equal(parsed("ssl_min_protocol_version=TLSv1.3").tls.minVersion, "TLSv1.3");
});

test("no part of a user or a password, or of what stands behind them, is ever shown", () => {
  const piece = fc
    .string({ minLength: 6, maxLength: 20, unit: "grapheme-ascii" })
    .filter((text) => !/^[\w.:%-]*$/.test(text));
  fc.assert(
    fc.property(
      piece,
      piece,
      fc.constantFrom("", "/d", "/d?sslmode=require", "?x=1", "/d?connect_timeout=a"),
      (user, password, rest) => {
        for (const scheme of ["postgres://", "postgresql://", "postgres:/", "postgres:"]) {
          const url = `${scheme}${user}:${password}@db.example:5432${rest}`;
          let shown: string;
          try {
            const { databaseLabel } = readConfig({ ANTRYK_DATABASE_URL: url });
            shown = databaseLabel;
          } catch (fault) {
            const { message, stack, cause } = fault as Error;
            shown = JSON.stringify([
              message,
              String(stack).split("\n    at")[0],
              cause instanceof Error ? cause.message : "",
            ]);
          }
          for (const secret of [user, password])
            for (let at = 0; at + 6 <= secret.length; at += 1)
              assert.ok(!shown.includes(secret.slice(at, at + 6)), `${url} shows ${secret.slice(at, at + 6)}`);
        }
      },
    ),
  );
});
