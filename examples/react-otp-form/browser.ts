/** A Chromium for the test: the one that `CHROMIUM` names, else the one in an npm package (Linux, x64), else Chrome. */
import { type Browser, chromium } from "playwright-core";

export async function launch(): Promise<Browser> {
  const named = process.env.CHROMIUM;
  if (named) return chromium.launch({ executablePath: named, args: ["--no-sandbox"] });
  if (process.platform !== "linux" || process.arch !== "x64") return chromium.launch({ channel: "chrome" });
  const packed = (await import("@sparticuz/chromium")).default;
  return chromium.launch({ executablePath: await packed.executablePath(), args: packed.args });
}
