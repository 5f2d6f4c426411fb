/** That a provider's metadata agrees with its schema: CLI, console and documentation are made from it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import Value from "typebox/value";
import { devanagariMessage, Rig, type RigSubject } from "./rig.ts";
import { ScriptedServer } from "./scripted-server.ts";

/** Registers the tests of the metadata. */
export function metadataConformance(subject: RigSubject): void {
  const { provider } = subject;
  const config = subject.config("http://127.0.0.1:9");

  test("metadata: fields and schema name the same settings, and agree on which are required", () => {
    assert.match(provider.id, /^[a-z][a-z0-9-]*$/);
    assert.deepEqual(provider.fields.map(({ name }) => name).sort(), Object.keys(provider.config.properties).sort());
    const required = provider.fields.filter((field) => field.required).map(({ name }) => name);
    assert.deepEqual(required.sort(), [...((provider.config.required as string[] | undefined) ?? [])].sort());
    for (const { name, label, help } of provider.fields)
      assert.ok(label && /[.…]$/.test(help), `${name}: label, and help that ends with a full stop`);
  });

  test("metadata: every required setting is asked for, none may be empty, and no number is taken for text", () => {
    for (const { name, required } of provider.fields) {
      const { [name]: value, ...others } = config;
      if (required) {
        assert.ok(!Value.Check(provider.config, others), `${name} is missing`);
        assert.ok(!Value.Check(provider.config, { ...config, [name]: "" }), `${name} is empty`);
      }
      if (value !== undefined)
        assert.ok(!Value.Check(provider.config, { ...config, [name]: 1 }), `${name} is a number`);
    }
  });

  test("metadata: a setting whose value is a secret is marked as one", () => {
    for (const { name, secret } of provider.fields)
      if (subject.secrets.includes(String(config[name]))) assert.ok(secret, `${name} must be secret`);
  });

  test("metadata: a value that is made for the operator is one that the setting takes, and another each time", () => {
    for (const { name, make } of provider.fields) {
      if (!make) continue;
      const made = make();
      assert.ok(Value.Check(provider.config, { ...config, [name]: made }), name);
      assert.notEqual(make(), made, name);
    }
  });

  test("metadata: it parses receipts if, and only if, its capabilities say so", async () => {
    await using rig = new Rig(subject, await new ScriptedServer(() => undefined).listen());
    assert.equal(provider.receiptsBy !== undefined, provider.capabilities.receipts);
    const byRequest = provider.receiptsBy !== undefined && provider.receiptsBy.address !== "none";
    assert.equal(typeof rig.gateway.parseReceipt === "function", byRequest);
    assert.equal(provider.capabilities.immediate, false);
    rig.mustHideSecrets(devanagariMessage);
  });
}
