/** The rooms of docs/design.md: data runs downwards. A room may import only what stands in its row. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";

const src = import.meta.dirname;
const packages = join(src, "../..");

/** Room → what it may import, beside itself and the contract; and why not more. */
const rooms: Record<string, { readonly may: readonly string[]; readonly because: string }> = {
  keyring: { may: [], because: "keys depend on nothing" },
  observe: { may: [], because: "everything may log, so logging knows nothing" },
  policy: { may: ["store/port"], because: "policy does no I/O: its counters live in the store's reserve" },
  providers: { may: [], because: "a gateway knows one message and one number, no verification" },
  store: { may: ["observe"], because: "the store knows no HTTP, no gateway and no code" },
  delivery: {
    may: ["policy", "providers", "store/port", "keyring", "observe"],
    because: "delivery uses gateways; it does not decide on verifications",
  },
  accounts: { may: ["store/port", "keyring", "providers", "delivery", "policy"], because: "accounts know settings, not requests" },
  verification: {
    may: ["policy", "delivery", "store/port", "keyring", "observe", "providers/port"],
    because: "the heart knows no HTTP and no SQL",
  },
  http: {
    may: ["verification", "accounts", "delivery", "policy", "store/port", "providers", "observe"],
    because: "the edge maps; it never asks a database",
  },
};

/** Top of the house: they put the parts together. */
const anywhere = new Set(["cli", "testing", "app.ts", "main.ts", "config.ts"]);

interface Import {
  readonly from: string;
  readonly to: string;
}

function importsBelow(folder: string): Import[] {
  const files = globSync("**/*.ts", { cwd: folder }).filter((file) => !file.endsWith(".test.ts") && !file.includes("conformance/"));
  return files.flatMap((from) => {
    const text = readFileSync(join(folder, from), "utf8");
    return [...text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, to = ""]) => ({
      from,
      to: to.startsWith(".") ? normalize(join(dirname(from), to)) : to,
    }));
  });
}

const imports = importsBelow(src);

test("every room imports only what is below it", () => {
  for (const { from, to } of imports) {
    const room = from.split("/")[0] ?? "";
    if (anywhere.has(room) || !to.endsWith(".ts")) continue;
    const rule = rooms[room];
    assert.ok(rule, `${room} is no room of the house: add it to docs/design.md and to this test`);
    const allowed =
      to.startsWith(`${room}/`) ||
      rule.may.some((place) => to.startsWith(`${place}/`) || to.startsWith(`${place}.`) || to.startsWith(`${place}-`));
    assert.ok(allowed, `${from} imports ${to}: ${rule.because}`);
  }
});

test("nothing but the top of the house imports http", () => {
  for (const { from, to } of imports) {
    if (to.startsWith("http/")) assert.ok(from.startsWith("http/") || anywhere.has(from.split("/")[0] ?? ""), `${from} imports ${to}`);
  }
});

test("only store/ knows a database client", () => {
  for (const { from, to } of imports) {
    if (/^(node:sqlite|pg|pg-.*)$/.test(to)) assert.match(from, /^(store|testing)\//, `${from} imports ${to}`);
  }
});

test("the contract has no I/O and depends on no other package; the SDK's sources depend on nothing at run time", () => {
  for (const { from, to } of importsBelow(join(packages, "contract/src"))) {
    assert.ok(to.endsWith(".ts") || to === "typebox", `contract/${from} imports ${to}`);
  }
  const manifest = JSON.parse(readFileSync(join(packages, "sdk/package.json"), "utf8")) as { dependencies?: object };
  assert.deepEqual(manifest.dependencies ?? {}, {});
});

test("the store's port has no CRUD that a caller could build a race from", () => {
  const port = readFileSync(join(src, "store/port.ts"), "utf8");
  assert.doesNotMatch(port, /\b(updateVerification|insertVerification|setState|incrementAttempts|readRow|writeRow)\b/);
  const heartImportingRules = imports.filter(({ from, to }) => from.startsWith("verification/") && to.startsWith("store/rules"));
  assert.deepEqual(heartImportingRules, [], "the heart decides nothing over rows: the rules run inside the store's step");
});
