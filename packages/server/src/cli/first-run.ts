/** What a new installation shows once: how to send the first code and where to read it. */
import { renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { FirstCredentials } from "../administration/first.ts";

const exampleRecipient = "+919876543210";

export function firstRunText(
  baseUrl: string,
  operationsUrl: string,
  { accountId, accessKey, secretKey, serviceId }: FirstCredentials,
): string {
  if (serviceId === null)
    return `
An account was made. Its secret key is shown only here.

  x-access-key: ${accessKey}
  x-secret-key: ${secretKey}

Next: antryk service create --account ${accountId} --name NAME --countries IN,US
`;
  return `
The store was empty, so a demo account was made. Its secret key is shown only here. Send a code:

  curl -X POST ${baseUrl}/api/v1/sms/send-otp \\
    -H 'content-type: application/json' \\
    -H 'x-access-key: ${accessKey}' \\
    -H 'x-secret-key: ${secretKey}' \\
    -d '{"to":"${exampleRecipient}","serviceId":"${serviceId}"}'

Its gateway is the sandbox: nothing is sent. Read the message at

  ${operationsUrl}/sandbox/messages?to=${encodeURIComponent(exampleRecipient)}

or with "npx antryk inbox", and verify it:

  curl -X POST ${baseUrl}/api/v1/sms/verify-otp \\
    -H 'content-type: application/json' \\
    -H 'x-access-key: ${accessKey}' \\
    -H 'x-secret-key: ${secretKey}' \\
    -d '{"to":"${exampleRecipient}","serviceId":"${serviceId}","otp":"…"}'

`;
}

/** To the terminal; if stdout is none (a log collector, a file), to a private file, since the text holds a secret. */
export function showFirstRun(text: string, databasePath: string): void {
  if (process.stdout.isTTY) {
    process.stdout.write(text);
    return;
  }
  const folder = databasePath === ":memory:" ? "." : dirname(databasePath);
  const path = join(folder, "first-run.txt");
  // In one step: the file is never half written, and never has an older file's mode.
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text, { mode: 0o600, flag: "wx" });
  renameSync(temporary, path);
  process.stdout.write(
    `The store was empty, so a demo account was made. How to use it, with its secret key, is in ${path}\n`,
  );
}
