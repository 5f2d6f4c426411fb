/** A person with a phone: the built page in a real browser, the app's server, and Antryk's. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { AntrykClient } from "@antryk/sdk";
import { FakeAntryk } from "@antryk/sdk/testing";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { Antryk, freshNumber, wrong } from "../testing/antryk.ts";
import { launch } from "./browser.ts";
import { createSite } from "./server.ts";

const phone: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  hasTouch: true,
  isMobile: true,
};
const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
/** Set it to keep pictures of every step. */
const pictures = process.env.SCREENSHOTS;

let browser: Browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

async function site(client: AntrykClient, serviceId: string) {
  const server = createSite({ client, serviceId, sessionSecret: "only for tests" }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close };
}

async function open(url: string, options: BrowserContextOptions = {}): Promise<{ page: Page; faults: string[] }> {
  const page = await (await browser.newContext({ ...phone, ...options })).newPage();
  const faults: string[] = [];
  page.on("pageerror", (fault) => faults.push(fault.message));
  page.on("console", (line) => {
    // A refusal is a status of 400 and up, and the browser notes each of them.
    if (line.type() === "error" && !/status of 4\d\d/.test(line.text())) faults.push(line.text());
  });
  await page.goto(url);
  return { page, faults };
}

async function ask(page: Page, to: string): Promise<void> {
  await page.getByLabel("Phone number").fill(to);
  await page.getByRole("button", { name: "Send code" }).click();
}

const problem = (page: Page) => page.getByRole("alert");

/** Waits for the text; the bound is against hangs only. */
async function shows(page: Page, text: string | RegExp): Promise<void> {
  await page.getByText(text).first().waitFor({ timeout: 180_000 });
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function accessible(page: Page): Promise<void> {
  // By the protocol, not by a script tag: the page's own policy allows no other scripts.
  await page.evaluate((await import("node:fs")).readFileSync(axe, "utf8"));
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; help: string }[] }> } }).axe.run(),
  );
  assert.deepEqual(
    violations.map(({ id, help }) => `${id}: ${help}`),
    [],
  );
}

describe("the form, against the real server", () => {
  let antryk: Antryk;
  let url: string;
  let close: () => void;

  before(async () => {
    antryk = await Antryk.start();
    ({ url, close } = await site(antryk.client, antryk.serviceId));
  });
  after(async () => {
    close?.();
    await antryk?.[Symbol.asyncDispose]();
  });

  it("signs in: number, message, code", async () => {
    const { page, faults } = await open(url);
    const to = freshNumber();
    await picture(page, "1-number");
    await accessible(page);
    assert.equal(
      await page.getByLabel("Phone number").evaluate((input) => input === input.ownerDocument.activeElement),
      true,
    );
    // As people type it.
    await ask(page, `${to.slice(0, 3)} ${to.slice(3, 8)}-${to.slice(8)}`);
    await shows(page, "Enter the code");
    const code = page.getByLabel("Code");
    assert.deepEqual(await code.evaluate((input: HTMLInputElement) => [input.autocomplete, input.inputMode]), [
      "one-time-code",
      "numeric",
    ]);
    assert.equal(await code.evaluate((input) => input === input.ownerDocument.activeElement), true);
    await picture(page, "2-code");
    await accessible(page);
    await page.keyboard.type(await antryk.lastCode(to));
    await page.keyboard.press("Enter");
    await shows(page, "Signed in");
    await picture(page, "4-done");
    assert.deepEqual(await page.evaluate(async () => (await fetch("/api/me")).json()), { phone: to });
    assert.deepEqual(faults, []);
  });

  it("says how many tries are left after a wrong code, and takes the right one after it", async () => {
    const { page } = await open(url, { colorScheme: "dark" });
    const to = freshNumber();
    await ask(page, to);
    await shows(page, "Enter the code");
    const code = await antryk.lastCode(to);
    const input = page.getByLabel("Code");
    await input.fill(wrong(code));
    await page.keyboard.press("Enter");
    await shows(page, "That is not the code. 4 tries left.");
    assert.equal(await input.getAttribute("aria-invalid"), "true");
    assert.match((await input.getAttribute("aria-describedby")) ?? "", /problem/);
    await picture(page, "3-wrong-dark");
    await accessible(page);
    // The wrong one is selected: typing replaces it.
    await page.keyboard.type(code);
    await page.keyboard.press("Enter");
    await shows(page, "Signed in");
  });

  it("goes back for a new code after the last wrong one, and that one works", async () => {
    const { page } = await open(url);
    const to = freshNumber();
    await ask(page, to);
    await shows(page, "Enter the code");
    const old = await antryk.lastCode(to);
    for (const left of ["4 tries", "3 tries", "2 tries", "1 try"]) {
      await page.getByLabel("Code").fill(wrong(old));
      await page.keyboard.press("Enter");
      await shows(page, `That is not the code. ${left} left.`);
    }
    await page.keyboard.press("Enter");
    await shows(page, "That was the last try. Ask for a new code.");
    await page.getByRole("button", { name: "Send code" }).click();
    await shows(page, "Enter the code");
    assert.equal((await antryk.texts(to)).length, 2);
    await page.getByLabel("Code").fill(await antryk.lastCode(to));
    await page.keyboard.press("Enter");
    await shows(page, "Signed in");
  });

  it("takes the digits of every keyboard, in number and code, typed and pasted", async () => {
    const arabic = (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit)));
    const devanagari = (text: string) => text.replace(/\d/g, (digit) => String.fromCodePoint(0x966 + Number(digit)));
    const { page } = await open(url);
    const to = freshNumber();
    await ask(page, arabic(to));
    await shows(page, "Enter the code");
    const code = await antryk.lastCode(to);
    const input = page.getByLabel("Code");
    await page.keyboard.type(devanagari(code));
    assert.equal(await input.inputValue(), code);
    await input.fill("");
    // What a message app copies: bidi marks around, a hyphen inside.
    await input.evaluate(
      (element: HTMLInputElement, text) => {
        element.focus();
        document.execCommand("insertText", false, text);
      },
      `\u2067${arabic(code.slice(0, 3))}-${arabic(code.slice(3))}\u2069`,
    );
    assert.equal(await input.inputValue(), code);
    await page.keyboard.press("Enter");
    await shows(page, "Signed in");
  });

  it("sends no second message when the button is pressed twice", async () => {
    const { page } = await open(url);
    const to = freshNumber();
    await page.getByLabel("Phone number").fill(to);
    await page.getByRole("button", { name: "Send code" }).dblclick();
    await shows(page, "Enter the code");
    assert.equal((await antryk.texts(to)).length, 1);
  });

  it("says what is wrong with a number", async () => {
    const { page } = await open(url);
    await ask(page, "98765 43210");
    await shows(page, "Start with + and the country code.");
    assert.equal(await page.getByLabel("Phone number").getAttribute("aria-invalid"), "true");
    await accessible(page);
  });

  it("takes the code from the message if the browser offers it, and stops asking when the step is left", async () => {
    const { page } = await open(url);
    // What a phone does: it answers once a message with this site's last line has come.
    await page.evaluate(() => {
      const seen = { wanted: [] as unknown[], aborted: 0, come: (_: string) => {} };
      Object.assign(window, { seen, OTPCredential: class {} });
      navigator.credentials.get = (options) => {
        seen.wanted.push((options as { otp?: unknown }).otp);
        return new Promise((resolve, reject) => {
          options?.signal?.addEventListener("abort", () => {
            seen.aborted += 1;
            reject(new DOMException("left", "AbortError"));
          });
          seen.come = (code) => resolve({ id: "", type: "otp", code } as Credential);
        });
      };
    });
    const to = freshNumber();
    await ask(page, to);
    await shows(page, "Enter the code");
    await page.getByRole("button", { name: "Use another number" }).click();
    const seen = () =>
      page.evaluate(() => (window as unknown as { seen: { wanted: unknown[]; aborted: number } }).seen);
    assert.equal((await seen()).aborted, 1);
    await page.getByRole("button", { name: "Send code" }).click();
    await shows(page, "Enter the code");
    assert.deepEqual((await seen()).wanted, [{ transport: ["sms"] }, { transport: ["sms"] }]);
    await page.evaluate(
      (code) => (window as unknown as { seen: { come(code: string): void } }).seen.come(code),
      await antryk.lastCode(to),
    );
    await shows(page, "Signed in");
  });
});

it("counts down to a resend, which says the same code again", async () => {
  const fake = new FakeAntryk();
  const { url, close } = await site(new AntrykClient({ ...fake.clientOptions, maxRetries: 0 }), fake.serviceId);
  const to = freshNumber();
  try {
    const { page } = await open(url);
    await page.clock.install();
    await ask(page, to);
    const again = page.getByRole("button", { name: /^Send again/ });
    await again.waitFor();
    assert.match(await again.innerText(), /^Send again in 0:(31|30|29|28)$/);
    assert.equal(await again.isDisabled(), true);
    await page.clock.fastForward(15_000);
    await page.waitForFunction(() => /in 0:1\d$/.test(document.body.innerText.match(/Send again.*/)?.[0] ?? ""));
    // The page's clock is ahead of the server's: it learns how long to wait.
    await page.clock.fastForward(20_000);
    await page.getByRole("button", { name: "Send again", exact: true }).click();
    await shows(page, "Too many tries. Wait 0:30, then try again.");
    assert.match(await again.innerText(), /^Send again in 0:(31|30|29|28)$/);
    fake.advance(30_000);
    await page.clock.fastForward(31_000);
    await page.getByRole("button", { name: "Send again", exact: true }).click();
    await page.waitForFunction(() => /Send again in /.test(document.body.innerText));
    assert.equal(await problem(page).innerText(), "");
    assert.deepEqual([fake.messages.length, new Set(fake.messages.map(({ code }) => code)).size], [2, 1]);
    await page.getByLabel("Code").fill(fake.lastCode(to) ?? "");
    await page.keyboard.press("Enter");
    await shows(page, "Signed in");
  } finally {
    close();
  }
});
