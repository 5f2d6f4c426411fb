import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { errorRow, errorTypes } from "@antryk/contract";
import { callOptionNames } from "./call.ts";
import { defaults, optionNames } from "./config.ts";
import { version } from "./version.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");

describe("the README", () => {
  it("has the contract's errors, each with its status, and no other", () => {
    const rows = [...readme.matchAll(/^\| `(\w+)` +\| (\d{3}) +\| .+ \|$/gm)].map(
      ([, type, status]) => `${type} ${status}`,
    );
    const expected = errorTypes.map((type) => `${type} ${errorRow(type).status}`);
    assert.deepEqual(rows.sort(), expected.sort());
  });

  it("has the defaults that the code has", () => {
    const documented = [...readme.matchAll(/^\| `(\w+)`[^|]*\| (\d+) +\|$/gm)].map(([, name, value]) => [
      name,
      Number(value),
    ]);
    assert.deepEqual(Object.fromEntries(documented), defaults);
  });

  it("names every option of a client and of a call, and no other", () => {
    const [, table = ""] = /## Options\n(.*?)\nThe second argument/s.exec(readme) ?? [];
    const ofClient = [...table.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    assert.deepEqual(ofClient.sort(), [...optionNames].sort());
    const [, sentence = ""] = /The second argument of a method: (.*?)\./s.exec(readme) ?? [];
    assert.deepEqual([...sentence.matchAll(/`(\w+)`/g)].map(([, name]) => name).sort(), [...callOptionNames].sort());
  });
});

it("version is the package's", () => {
  assert.equal(version, JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version);
});
