import assert from "node:assert/strict";
import { test } from "node:test";
import { parseJson, textAt } from "./api-call.ts";

test("a whole number that can't be held exactly is no text: the next id would be the same", () => {
  const reply = parseJson(
    '{"id":9007199254740993,"small":9007199254740991,"price":0.0075,"far":1e400,"negative":-9007199254740993}',
  );
  assert.equal(textAt(reply, "id"), undefined);
  assert.equal(textAt(reply, "negative"), undefined);
  assert.equal(textAt(reply, "small"), "9007199254740991");
  assert.equal(textAt(reply, "price"), "0.0075");
});
