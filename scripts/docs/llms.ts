/** docs/llms.txt: the list of docs/README.md in the form of llmstxt.org, for programs that read documentation. */
import { join, normalize } from "node:path";
import { linksOf, readPage } from "./pages.ts";

export const llmsFile = "docs/llms.txt";

/** The file as the list says it now. Addresses are those of the list; decisions are optional, as that form has it. */
export function llmsText(): string {
  const [intro = ""] = readPage("README.md").split("\n\n").slice(1);
  const lines = ["# Antryk", "", `> ${oneLine(intro)}`];
  // An entry may go on in the next line.
  const list = readPage("docs/README.md")
    .replace(/\n {2,}(?![- ])/g, " ")
    .split("\n");
  for (const line of list) {
    const [, title] = /^\*\*(.+)\*\*$/.exec(line) ?? [];
    if (title !== undefined) lines.push("", `## ${title}`, "");
    else if (line.startsWith("- Decisions")) lines.push("", "## Optional", "");
    else if (/^ *- .*\]\(/.test(line)) lines.push(oneLine(line));
  }
  return `${lines.join("\n")}\n`;
}

/** Pages that the text leads to, from the repository's root. */
export function llmsPages(text: string): string[] {
  return linksOf(text).map((link) => normalize(join("docs", link)));
}

function oneLine(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}
