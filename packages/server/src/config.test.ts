import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, readConfig } from "./config.ts";

test("what Kubernetes sets for a service called antryk is ignored, and said", () => {
  const links = {
    ANTRYK_PORT: "tcp://10.96.12.7:8080",
    ANTRYK_SERVICE_HOST: "10.96.12.7",
    ANTRYK_SERVICE_PORT: "8080",
    ANTRYK_SERVICE_PORT_HTTP: "8080",
    ANTRYK_PORT_8080_TCP: "tcp://10.96.12.7:8080",
    ANTRYK_PORT_8080_TCP_PROTO: "tcp",
    ANTRYK_PORT_8080_TCP_PORT: "8080",
    ANTRYK_PORT_8080_TCP_ADDR: "10.96.12.7",
    // Of a second service, for operators.
    ANTRYK_OPERATIONS_PORT: "tcp://10.96.12.8:8081",
    ANTRYK_OPERATIONS_SERVICE_HOST: "10.96.12.8",
    ANTRYK_OPERATIONS_PORT_8081_TCP_ADDR: "10.96.12.8",
  };
  const { port, operations, serviceLinks, unknownVariables } = readConfig(links);
  assert.deepEqual([port, operations.port], [8_080, 8_081]);
  assert.deepEqual(serviceLinks, ["ANTRYK_PORT", "ANTRYK_OPERATIONS_PORT"]);
  assert.deepEqual(unknownVariables, []);
});

test("the operations port is any free one if the public one is, unless it is given", () => {
  assert.equal(readConfig({ ANTRYK_PORT: "0" }).operations.port, 0);
  assert.equal(readConfig({ ANTRYK_PORT: "0", ANTRYK_OPERATIONS_PORT: "9" }).operations.port, 9);
  assert.equal(readConfig({ ANTRYK_PORT: "9" }).operations.port, 8_081);
});

test("a malformed variable is named, with what it takes", () => {
  const malformed: Record<string, string[]> = {
    ANTRYK_PORT: ["x", "-1", "65536", "80.5", "udp:/x", "http://1.2.3.4:80"],
    ANTRYK_OPERATIONS_PORT: ["x", "70000"],
    ANTRYK_OPERATIONS_HOST: ["a b", "http://x"],
    ANTRYK_OPERATIONS_TOKEN: ["short", `${"x".repeat(20)} y`, "x".repeat(300)],
    ANTRYK_CONNECTIONS: ["0", "7", "many"],
    ANTRYK_DRAIN_DELAY: ["-1", "301", "5s"],
    ANTRYK_METRICS: ["public"],
    ANTRYK_AFTER_FAILOVER: ["yes", "END"],
  };
  for (const [name, values] of Object.entries(malformed))
    for (const value of values)
      assert.throws(
        () => readConfig({ [name]: value }),
        (fault: Error) => fault instanceof ConfigError && fault.message.startsWith(`${name} is malformed`),
        `${name}=${value}`,
      );
});

test("ANTRYK_METRICS=on is refused with the way that there is now", () => {
  assert.throws(() => readConfig({ ANTRYK_METRICS: "on" }), /operations listener.*ANTRYK_OPERATIONS_HOST.*token/);
});

test("an SQLite address that could mean two files is refused with both", () => {
  for (const url of ["sqlite://data/x.db", "sqlite://x.db", "sqlite://./x.db", "sqlite://~/x.db", "sqlite://"]) {
    assert.throws(
      () => readConfig({ ANTRYK_DATABASE_URL: url }),
      (fault: Error) => fault instanceof ConfigError && fault.message.includes("ANTRYK_DATABASE_URL"),
      url,
    );
  }
  assert.throws(
    () => readConfig({ ANTRYK_DATABASE_URL: "sqlite://data/x.db" }),
    /sqlite:data\/x\.db.*sqlite:\/data\/x\.db/,
  );
  for (const [url, path] of [
    ["sqlite:/data/x.db", "/data/x.db"],
    ["sqlite:///data/x.db", "/data/x.db"],
  ] as const) {
    const { database } = readConfig({ ANTRYK_DATABASE_URL: url });
    assert.equal(database.engine === "sqlite" && database.path, path);
  }
});
