/** What a gateway that lies may send: bodies of every shape, and its own documented ones with one part replaced. */
import fc from "../inputs/fast-check.ts";

/** Values that break what trusts a gateway. */
const values: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1e308,
  2 ** 60,
  "",
  "\u0000",
  "a\u0000b\u001b[31m\n",
  "\ud800",
  "x".repeat(5_000),
  [],
  {},
  [[[[]]]],
  { __proto__: null, constructor: 1, toString: "x" },
  ["\u0000", 1],
];

/** The body with one of its values replaced, at every depth. */
function replaced(body: unknown): fc.Arbitrary<string> {
  const text = JSON.stringify(body) ?? "null";
  let places = 0;
  JSON.parse(text, (_key, value) => {
    places += 1;
    return value;
  });
  return fc.tuple(fc.nat(Math.max(0, places - 1)), fc.constantFrom(...values)).map(([wanted, other]) => {
    let seen = 0;
    return JSON.stringify(JSON.parse(text, (_key, value) => (seen++ === wanted ? other : value))) ?? "";
  });
}

const deep = fc.nat(2_000).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`);
const anyJson = fc.json({ maxDepth: 4 });
const protoJson = fc.constant('{"__proto__":{"status":"delivered"},"constructor":{"prototype":1}}');
const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each).toString("latin1"));

/** `body`: a documented one; a string is one that is no JSON. */
export function hostileBodies(body: string | object | undefined): fc.Arbitrary<string> {
  const shapes = [bytes, deep, anyJson, protoJson];
  if (body === undefined) return fc.oneof(...shapes);
  if (typeof body === "object" && !(body instanceof URLSearchParams)) return fc.oneof(replaced(body), ...shapes);
  const form = String(body);
  const cut = fc.nat(form.length).map((end) => form.slice(0, end));
  const marked = fc
    .tuple(fc.nat(form.length), fc.constantFrom("\u0000", "%00", "%", "&", "=", "+", "%ff", "&id=1&id=2", "\ud800"))
    .map(([at, mark]) => `${form.slice(0, at)}${mark}${form.slice(at)}`);
  return fc.oneof(cut, marked, ...shapes);
}
