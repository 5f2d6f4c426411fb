/**
 * `npm run docs`: writes the sections of the documentation that are made from the code. A section is between
 * `<!-- made from the code: NAME -->` and `<!-- end of what is made -->`; everything around it is written by hand.
 * A provider without a page gets one. The list of pages is written as docs/llms.txt too.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { providers } from "../packages/server/src/gateways/registry.ts";
import { apiSections } from "./docs/api.ts";
import { configurationSections } from "./docs/configuration.ts";
import { errorSections } from "./docs/errors.ts";
import { gatewayPage, gatewaySections, newGatewayPage } from "./docs/gateways.ts";
import { llmsFile, llmsText } from "./docs/llms.ts";
import { messageSections } from "./docs/messages.ts";
import { pages, root } from "./docs/pages.ts";
import { roomSections } from "./docs/rooms.ts";
import { sandboxSections } from "./docs/sandbox-numbers.ts";
import { sdkSections } from "./docs/sdk.ts";

const sections: Readonly<Record<string, () => string>> = {
  ...errorSections,
  ...configurationSections,
  ...apiSections,
  ...messageSections,
  ...roomSections,
  ...sdkSections,
  ...sandboxSections,
  ...gatewaySections,
};

export const sectionNames = Object.keys(sections);

const marked = /(<!-- made from the code: ([\w-]+) -->\n)[\s\S]*?(<!-- end of what is made -->)/g;

/** The page with its made sections as the code says them now; throws for a section that nothing makes. */
export function remade(text: string): string {
  return text.replace(marked, (_, start: string, name: string, end: string) => {
    const make = sections[name];
    if (!make) throw new Error(`nothing makes the section ${name}: it is one of ${sectionNames.join(", ")}`);
    return `${start}\n${make().trim()}\n\n${end}`;
  });
}

/** Names of the made sections that a page has. */
export function sectionsOf(text: string): string[] {
  return [...text.matchAll(marked)].map(([, , name = ""]) => name);
}

if (import.meta.main) {
  for (const provider of providers.values()) {
    const path = join(root, gatewayPage(provider.id).path);
    if (existsSync(path)) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, newGatewayPage(provider));
  }
  for (const page of pages()) {
    const path = join(root, page);
    const text = readFileSync(path, "utf8");
    const now = remade(text);
    if (now === text) continue;
    writeFileSync(path, now);
    console.log(`wrote ${page}`);
  }
  if (!existsSync(join(root, llmsFile)) || readFileSync(join(root, llmsFile), "utf8") !== llmsText()) {
    writeFileSync(join(root, llmsFile), llmsText());
    console.log(`wrote ${llmsFile}`);
  }
}
