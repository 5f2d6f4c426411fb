/** `antryk why`: the story in lines, and what to do next. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Installation } from "@antryk/testkit/process";
import { until } from "@antryk/testkit/until";

test("why: a number's story, its refusals, and a number that nothing was asked for", async () => {
  await using installation = new Installation();
  const caller = await installation.caller("--countries", "IN");
  const to = "+919876543210";
  {
    await using server = await installation.serveHere();
    const post = async (verb: string, fields: object, requestId: string) => {
      const reply = await fetch(`${server.baseUrl}/api/v1/sms/${verb}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-access-key": caller.accessKey,
          "x-secret-key": caller.secretKey,
          "x-request-id": requestId,
        },
        body: JSON.stringify({ to, serviceId: caller.serviceId, ...fields }),
      });
      return reply.status;
    };
    assert.equal(await post("send-otp", {}, "case-1"), 200);
    const { stdout: inbox } = await installation.run("inbox", "--to", to);
    await post("verify-otp", { otp: inbox.includes("000000") ? "111111" : "000000" }, "case-2");
    assert.equal(await post("send-otp", { to: "+447400123456" }, "case-3"), 403);

    const { stdout } = await installation.run("why", to);
    const day = "\\d{4}-\\d\\d-\\d\\d";
    const time = "\\d\\d:\\d\\d:\\d\\d";
    assert.match(
      stdout,
      new RegExp(
        `^${day} UTC · [^·]+ · \\w+ · ${time} code made · ${time} sandbox accepted .*· ${time} wrong code.*\\n  [0-9a-f-]{36} · request case-1\\n$`,
      ),
    );
    const refused = await until(
      async () => {
        const found = await installation.run("why", "+447400123456");
        return found.stdout.includes("refused") ? found.stdout : undefined;
      },
      { what: () => "the refusal is kept" },
    );
    assert.match(
      refused,
      /send-otp refused: country · next: if the service must reach it: antryk service update \S+ --countries …/,
    );
  }
  const nothing = await installation.run("why", "+919876543211");
  assert.equal(nothing.stdout, "Nothing was ever asked for this number, as far back as it is kept.\n");
  const byRequest = await installation.run("why", "--request", "case-1");
  assert.match(byRequest.stdout, /request case-1/);
  assert.doesNotMatch(byRequest.stdout, /9876543210/);
  const { stories } = (await installation.json("why", to, "--limit", "1")) as unknown as {
    stories: { to: string; status: string; events: { at: string; text: string }[] }[];
  };
  assert.deepEqual([stories.length, stories[0]?.to, stories[0]?.events[0]?.text], [1, to, "code made"]);
  for (const args of [["why"], ["why", "98765"]]) assert.equal((await installation.run(...args)).code, 1);
});
