/** What `next build` made, as `next start` serves it. Run by `npm run test:examples -- --next`. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { overHttp } from "../testing/antryk.ts";
import { realStory } from "../testing/sign-in-story.ts";

const next = fileURLToPath(import.meta.resolve("next/dist/bin/next"));

realStory("Next.js, built", async (_client, _serviceId, env) => {
  const child = spawn(process.execPath, [next, "start", "--port", "0", "--hostname", "127.0.0.1"], {
    cwd: import.meta.dirname,
    env: {
      ...process.env,
      ...env,
      NODE_ENV: "production",
      NEXT_TELEMETRY_DISABLED: "1",
      SESSION_SECRET: "only for tests, but of 32 characters",
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const baseUrl = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0];
    if (!baseUrl) continue;
    return {
      handle: overHttp(baseUrl),
      async close() {
        child.kill();
        await once(child, "exit");
      },
    };
  }
  throw new Error("next start ended before it listened");
});
