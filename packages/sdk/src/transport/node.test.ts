import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { accessKey, json, scripted, secretKey, sentBody, serviceId, to } from "../test-support/servers.ts";

it("goes through the environment's proxy if Node is set to, as fetch does", async (t) => {
  const urls: (string | undefined)[] = [];
  const proxy = await scripted(t, (request, response) => {
    urls.push(request.url);
    json(200, sentBody)(request, response);
  });
  const index = pathToFileURL(join(import.meta.dirname, "../index.ts")).href;
  const source = `
    import { AntrykClient } from ${JSON.stringify(index)};
    const client = new AntrykClient({ baseUrl: "http://antryk.invalid", logLevel: "off", maxRetries: 0 });
    await client.sms.sendOtp(${JSON.stringify({ to, serviceId })});
    console.log("ok");`;
  const { NO_PROXY: _upper, no_proxy: _lower, ...rest } = process.env;
  const env = {
    ...rest,
    ...{ NODE_USE_ENV_PROXY: "1", HTTP_PROXY: proxy.url, http_proxy: proxy.url },
    ...{ ANTRYK_ACCESS_KEY: accessKey, ANTRYK_SECRET_KEY: secretKey },
  };
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", source], { env });
  assert.equal(stdout.trim(), "ok");
  assert.deepEqual(urls, ["http://antryk.invalid/api/v1/sms/send-otp"]);
});
