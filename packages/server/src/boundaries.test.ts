/** The rooms of docs/design.md: a room may import only what its row allows, all of it below, and there is no circle. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../../..");
const src = "packages/server/src";

/** Room → what it may import, beside itself and the contract; and why not more. */
const rooms: Record<string, { readonly may: readonly string[]; readonly because: string }> = {
  model: { may: [], because: "nouns depend on nothing, and everything may name them" },
  keyring: { may: ["model/private-folder"], because: "keys depend on nothing" },
  observe: { may: [], because: "everything may log, so logging knows nothing" },
  gateways: { may: ["model/channel"], because: "a gateway knows one message and one number, no verification" },
  policy: { may: ["model"], because: "policy does no I/O: its counters live in the store's reserve" },
  messages: {
    may: ["model", "gateways/port", "gateways/lib/gsm7"],
    because: "a message's text depends on settings and the alphabet; it does not know how it leaves",
  },
  store: { may: ["model", "observe"], because: "the store knows no HTTP, no gateway and no code" },
  callers: {
    may: ["model", "policy/lists", "policy/prices", "store/ports"],
    because: "who calls is read from the store, whatever the request is",
  },
  delivery: {
    may: ["model", "policy", "gateways", "store/port", "store/ports", "keyring", "observe"],
    because: "delivery uses gateways; it does not decide on verifications",
  },
  events: {
    may: ["model", "store/port", "store/ports", "observe"],
    because: "the worker does what stands on the queue; what that is, its handlers know",
  },
  administration: {
    may: [
      "model",
      "policy",
      "gateways",
      "messages",
      "store/port",
      "store/ports",
      "keyring",
      "callers",
      "delivery",
      "verification/recipient-key",
      "verification/traffic",
      "store/rules",
      "observe",
    ],
    because: "operators change settings, test gateways and replay what was; they make no request",
  },
  verification: {
    may: ["model", "policy", "messages", "delivery", "callers", "store/port", "keyring", "observe"],
    because: "the heart knows no HTTP and no SQL",
  },
  http: {
    may: [
      "model",
      "verification",
      "callers",
      "delivery",
      "administration",
      "keyring",
      "store/port",
      "store/watch",
      "gateways",
      "observe",
    ],
    because: "the edge maps; it never asks a database",
  },
};

/** Top of the house: they put the parts together. */
const anywhere = new Set(["cli", "app.ts", "main.ts", "config.ts", "version.ts"]);

/** Package → the other packages that it may import; the kit, the bench and the examples may import any. */
const packagesBelow: Record<string, readonly string[]> = { contract: [], sdk: [], server: ["contract"] };

/** One import; paths are relative to the repository, and other packages' are their names. */
interface Import {
  readonly from: string;
  readonly to: string;
  /** `import type`: gone when the program runs. */
  readonly erased: boolean;
}

function pathOf(from: string, specifier: string): string {
  const kit = /^@antryk\/testkit\/(.+)$/.exec(specifier)?.[1];
  if (kit !== undefined) return `packages/testkit/src/${kit}.ts`;
  return specifier.startsWith(".") ? posix.join(posix.dirname(from), specifier) : specifier;
}

function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), "utf8");
  const found = text.matchAll(/(?:^(?:import|export) (type )?(?:[^"';]*? from )?|\bimport\()"([^"]+)"/gm);
  return [...found].map(([, type, specifier = ""]) => ({
    from,
    to: pathOf(from, specifier),
    erased: type !== undefined,
  }));
}

const isTest = (file: string) => file.endsWith(".test.ts");
const sources = globSync(["packages/*/{src,test}/**/*.ts", "bench/src/**/*.ts"], {
  cwd: root,
  exclude: ["**/node_modules/**"],
})
  .map((file) => file.replaceAll("\\", "/"))
  .sort();
const all = sources.flatMap(importsOf);
/** Tests may import what they like. */
const imports = all.filter(({ from }) => !isTest(from) && !from.includes("/test/"));
const ofServer = imports
  .filter(({ from }) => from.startsWith(`${src}/`))
  .map(({ from, to, erased }) => ({
    from: posix.relative(src, from),
    to: to.startsWith(`${src}/`) ? posix.relative(src, to) : to,
    erased,
  }));

/** Where a file stands: its room in the server, its folder in the kit and the bench, else its package. */
function placeOf(file: string): string {
  const [, server] = /^packages\/server\/src\/([^/]+)/.exec(file) ?? [];
  if (server !== undefined) return server;
  return /^packages\/testkit\/src\/[^/]+|^bench\/src\/[^/]+|^packages\/[^/]+/.exec(file)?.[0] ?? file;
}

/** A circle, as a walk that ends where it begins; `undefined`: there is none. */
function circleIn(edges: Iterable<readonly [from: string, to: string]>): string | undefined {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of edges) next.set(from, (next.get(from) ?? new Set()).add(to));
  const done = new Set<string>();
  const walk = (node: string, path: readonly string[]): string | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node].join(" → ");
    if (done.has(node)) return undefined;
    for (const to of next.get(node) ?? []) {
      const circle = walk(to, [...path, node]);
      if (circle !== undefined) return circle;
    }
    done.add(node);
    return undefined;
  };
  for (const from of next.keys()) {
    const circle = walk(from, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

test("every room imports only what is below it", () => {
  for (const { from, to } of ofServer) {
    const room = from.split("/")[0] ?? "";
    if (anywhere.has(room) || !to.endsWith(".ts")) continue;
    const rule = rooms[room];
    assert.ok(rule, `${room} is no room of the house: add it to docs/design.md and to this test`);
    const allowed = [room, ...rule.may].some((place) => to.startsWith(`${place}/`) || to === `${place}.ts`);
    assert.ok(allowed, `${from} imports ${to}: ${rule.because}`);
  }
});

test("there is no circle among the rooms, nor among the kit's and the bench's folders; imports of types count", () => {
  const edges = imports
    .filter(({ to }) => to.endsWith(".ts"))
    .map(({ from, to }) => [placeOf(from), placeOf(to)] as const);
  assert.equal(circleIn(edges.filter(([from, to]) => from !== to)), undefined);
});

test("there is no circle among the files of any package, imports of types left out", () => {
  const edges = imports.filter(({ erased }) => !erased).map(({ from, to }) => [from, to] as const);
  assert.equal(circleIn(edges), undefined);
});

test("a circle is found, and named", () => {
  const edges = [
    ["a", "b"],
    ["b", "c"],
    ["a", "c"],
  ] as const;
  assert.equal(circleIn(edges), undefined);
  assert.equal(circleIn([...edges, ["c", "b"]]), "b → c → b");
});

test("nothing but the top of the house imports http", () => {
  for (const { from, to } of ofServer) {
    if (to.startsWith("http/"))
      assert.ok(from.startsWith("http/") || anywhere.has(from.split("/")[0] ?? ""), `${from} imports ${to}`);
  }
});

test("a surface of http/ shares only http/lib with the others", () => {
  for (const { from, to } of ofServer) {
    const [, surface] = /^http\/([^/]+)\//.exec(from) ?? [];
    if (surface === undefined || !to.startsWith("http/")) continue;
    assert.ok(
      [`http/${surface}/`, "http/lib/"].some((folder) => to.startsWith(folder)),
      `${from} imports ${to}`,
    );
  }
});

test("what only one provider knows stands in its file: nothing else compares a provider's id", async () => {
  const { providers } = await import("./gateways/registry.ts");
  const compared = new RegExp(
    `[!=]== "(${[...providers.keys()].join("|")})"|case "(${[...providers.keys()].join("|")})"`,
  );
  for (const file of sources.filter(
    (each) => each.startsWith(`${src}/`) && !isTest(each) && !each.startsWith(`${src}/gateways/`),
  ))
    assert.doesNotMatch(readFileSync(join(root, file), "utf8"), compared, file);
});

test("only store/ knows a database client", () => {
  for (const { from, to } of ofServer) {
    if (/^(node:sqlite|pg|pg-.*)$/.test(to)) assert.match(from, /^store\//, `${from} imports ${to}`);
  }
});

test("a package imports only the packages below it, and what is shipped never the kit", () => {
  for (const { from, to } of imports) {
    const [, name = ""] = /^packages\/([^/]+)\/src\//.exec(from) ?? [];
    const below = packagesBelow[name];
    // The SDK's own tests and its packaging stand beside its sources.
    if (below === undefined || /^packages\/sdk\/src\/(conformance|packaging|test-support)\//.test(from)) continue;
    const other = /^packages\/([^/]+)\//.exec(to)?.[1] ?? /^@antryk\/([^/]+)/.exec(to)?.[1];
    assert.ok(other === undefined || other === name || below.includes(other), `${from} imports ${to}`);
  }
});

test("the contract has no I/O and depends on no other package; the SDK's sources depend on nothing at run time", () => {
  for (const { from, to } of imports.filter(({ from }) => from.startsWith("packages/contract/")))
    assert.ok(to.endsWith(".ts") || to === "typebox", `${from} imports ${to}`);
  const manifest = JSON.parse(readFileSync(join(root, "packages/sdk/package.json"), "utf8")) as {
    dependencies?: object;
  };
  assert.deepEqual(manifest.dependencies ?? {}, {});
});

test("the store's port has no CRUD that a caller could build a race from", () => {
  for (const file of sources.filter(
    (each) => each === `${src}/store/port.ts` || dirname(each) === `${src}/store/ports`,
  )) {
    const port = readFileSync(join(root, file), "utf8");
    assert.doesNotMatch(
      port,
      /\b(updateVerification|insertVerification|setState|incrementAttempts|readRow|writeRow)\b/,
    );
  }
  const heartImportingRules = ofServer.filter(
    ({ from, to }) => from.startsWith("verification/") && to.startsWith("store/rules"),
  );
  assert.deepEqual(
    heartImportingRules,
    [],
    "the heart decides nothing over rows: the rules run inside the store's step",
  );
});
