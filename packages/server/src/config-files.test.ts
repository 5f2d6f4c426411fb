import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ConfigError, readConfig } from "./config.ts";

const folder = mkdtempSync(join(tmpdir(), "antryk-config-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("secrets are read from files, without the newline at the end", () => {
  const { database, operations, unknownVariables } = readConfig({
    ANTRYK_DATABASE_URL_FILE: file("url", "postgres://antryk:p%20w@db.example/antryk\n"),
    ANTRYK_OPERATIONS_TOKEN_FILE: file("token", "0123456789abcdef\r\n"),
  });
  assert.deepEqual(
    [database.engine === "postgres" && database.target.password, operations.token],
    ["p w", "0123456789abcdef"],
  );
  assert.deepEqual(unknownVariables, []);
});

test("only one newline is cut, so that a value with two is malformed", () => {
  const path = file("lines", "0123456789abcdef\n\n");
  assert.throws(() => readConfig({ ANTRYK_OPERATIONS_TOKEN_FILE: path }), /^ConfigError: ANTRYK_OPERATIONS_TOKEN is/);
});

test("a file that can't be used is one line that names the variable and the file, and never its content", () => {
  const good = file("good", "0123456789abcdef");
  for (const [path, problem] of [
    [join(folder, "missing"), "can't be read (ENOENT)"],
    [folder, "can't be read (EISDIR)"],
    [file("empty", "\n"), "is empty"],
  ] as const)
    assert.throws(() => readConfig({ ANTRYK_OPERATIONS_TOKEN_FILE: path }), {
      name: ConfigError.name,
      message: `ANTRYK_OPERATIONS_TOKEN_FILE: the file ${path} ${problem}`,
    });
  assert.throws(() => readConfig({ ANTRYK_OPERATIONS_TOKEN_FILE: good, ANTRYK_OPERATIONS_TOKEN: "fedcba9876543210" }), {
    name: ConfigError.name,
    message: "ANTRYK_OPERATIONS_TOKEN and ANTRYK_OPERATIONS_TOKEN_FILE are both set: leave one out",
  });
});

test("an empty name of a file is none, and a variable without a secret takes no file", () => {
  assert.equal(readConfig({ ANTRYK_OPERATIONS_TOKEN_FILE: "" }).operations.token, undefined);
  assert.deepEqual(readConfig({ ANTRYK_PORT_FILE: "x" }).unknownVariables, ["ANTRYK_PORT_FILE"]);
});
