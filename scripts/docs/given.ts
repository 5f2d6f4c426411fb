/**
 * Names that a page's blocks use and do not declare, because a reader has them already: a client, a number, a request
 * of their app. What a block needs of them is put in front of it before it runs.
 */
const declared: Readonly<Record<string, string>> = {
  AntrykClient: `import { AntrykClient } from "@antryk/sdk";`,
  webhooks: `import { webhooks } from "@antryk/sdk";`,
  accessKey: `const accessKey = "antryk_ak_…";`,
  secretKey: `const secretKey = "antryk_sk_…";`,
  serviceId: `const serviceId = "5f0c8f0e-4f3b-4c62-9d5a-0d6b1d0f3a11";`,
  client: `const client = new AntrykClient({ baseUrl: "http://127.0.0.1:8080", accessKey, secretKey });`,
  to: `const to = "+919876500…";`,
  otp: `const otp: string = "482915";`,
  attemptId: "const attemptId = crypto.randomUUID();",
  rawBody:
    `const rawBody = JSON.stringify({ type: "verification.ended", timestamp: new Date().toISOString(), ` +
    "data: {} });",
  request: `const request = { headers: await webhooks.sign(rawBody, "whsec_…") };`,
};

/** The block with what it takes for granted. Earlier rows do not need later ones. */
export function withGiven(text: string): string {
  const names = Object.keys(declared);
  const lines: string[] = [];
  let code = text;
  for (const name of names.toReversed()) {
    if (!uses(code, name) || declares(text, name)) continue;
    const line = declared[name] ?? "";
    lines.unshift(line);
    code = `${line}\n${code}`;
  }
  return [
    ...lines.filter((line) => line.startsWith("import")),
    ...lines.filter((line) => !line.startsWith("import")),
    text,
  ].join("\n");
}

/** As a word that is no property and in no text. */
function uses(code: string, name: string): boolean {
  const bare = code.replace(/\/\/.*$|"[^"\n]*"/gm, "");
  return new RegExp(`(?<![.\\w])${name}(?!\\w|\\s*:)`).test(bare);
}

function declares(text: string, name: string): boolean {
  return new RegExp(
    `\\b(const|let|function)\\s+(\\{[^}]*\\b)?${name}\\b|import\\s*\\{[^}]*\\b${name}\\b|[(,]\\s*${name}:`,
  ).test(text);
}
