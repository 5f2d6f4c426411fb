/** `antryk erase` on a running installation: no trace of the number in the store's files. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";

const [to, other] = ["+919876543210", "+919876543211"];

test("erase: no file of the store holds the number, a new code can be sent, and others keep theirs", async () => {
  await using installation = new Installation();
  const { accessKey, secretKey, serviceId } = await installation.caller();
  const server = await installation.serve();
  const post = async (operation: string, body: object) => {
    const reply = await fetch(`${server.baseUrl}/api/v1/sms/${operation}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-access-key": accessKey, "x-secret-key": secretKey },
      body: JSON.stringify({ serviceId, ...body }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: replies of every shape
    return { status: reply.status, body: (await reply.json()) as any };
  };
  for (const number of [to, other]) assert.equal((await post("send-otp", { to: number })).status, 200);
  assert.equal((await post("send-otp", { to })).status, 409);

  const erased = await installation.json("erase", "--to", to);
  assert.equal(Number(erased.recipients), 1);
  const data = join(installation.folder, "data");
  const holds = (number: string) => readdirSync(data).filter((name) => readFileSync(join(data, name)).includes(number));
  assert.deepEqual(holds(to), []);
  assert.notDeepEqual(holds(other), [], "numbers can be found in the files");

  assert.equal((await post("verify-otp", { to, otp: "123456" })).status, 404);
  assert.equal((await post("send-otp", { to })).status, 200);
  assert.equal((await post("send-otp", { to: other })).status, 409);
  assert.equal((await installation.run("erase", "--to", "98765")).code, 1);
});
