/** What holds for all providers together: command line, console and documentation are made from their metadata. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { settingFlag } from "../administration/provider-settings.ts";
import { providers } from "./registry.ts";

const all = [...providers.values()];

test("ids and names are unique, and each provider says in a sentence what it does", () => {
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  for (const [key, { id, name, summary }] of providers) {
    assert.equal(id, key);
    assert.match(id, /^[a-z][a-z0-9]{1,19}$/);
    assert.ok(name.trim() === name && name !== "", id);
    assert.match(summary, /^[A-Z].*\.$/, id);
  }
});

test("each setting has a label, a help text that ends, and a type that a flag can give", () => {
  for (const { id, fields, config } of all) {
    assert.deepEqual(fields.map(({ name }) => name).sort(), Object.keys(config.properties).sort(), id);
    for (const { name, label, help } of fields) {
      assert.match(label, /^\S.*\S$/, `${id}.${name}`);
      assert.match(help, /\S[.…]$/, `${id}.${name}`);
      assert.equal((config.properties[name] as { type?: string }).type, "string", `${id}.${name}`);
    }
    assert.equal(new Set(fields.map(({ label }) => label)).size, fields.length, `${id}: labels`);
  }
});

test("settings that prove who somebody is are marked as secret, and no others", () => {
  for (const { id, fields } of all)
    for (const { name, secret } of fields) {
      const says = /password|secret|token|authKey$|apiKey$|privateKey/i.test(name) && !/Id$/.test(name);
      // A key with a secret beside it is the name of a key.
      const isName = fields.some((other) => other.name === `${name}Secret`);
      assert.equal(secret, says && !isName, `${id}.${name}`);
    }
});

test("no two settings of all providers share a flag, and none is a flag of the commands that take them", () => {
  const flags = all.flatMap(({ id, fields }) => fields.map(({ name }) => settingFlag(id, name)));
  assert.deepEqual(
    flags.filter((flag, index) => flags.indexOf(flag) !== index),
    [],
  );
  for (const flag of flags) assert.match(flag, /^--[a-z0-9]+(-[a-z0-9]+)+$/);
  for (const { id } of all)
    for (const other of all)
      assert.ok(id === other.id || !other.id.startsWith(`${id}-`), `flags of ${id} and ${other.id} are too much alike`);
});

test("each provider that reports says how, and each that speaks to somebody names what it was built from", () => {
  for (const { id, capabilities, receiptsBy, reference, notes } of all) {
    assert.equal(receiptsBy !== undefined, capabilities.receipts, id);
    if (!capabilities.immediate) {
      assert.ok(URL.canParse(reference?.url ?? "") && reference?.url.startsWith("https://"), id);
      assert.match(reference?.readOn ?? "", /^20\d\d-(0[1-9]|1[0-2])$/, id);
    }
    for (const note of notes ?? []) assert.match(note, /^[`A-Z].*\.$/, id);
  }
});
