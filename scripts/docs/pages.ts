/** The pages of the documentation and what is in them: fenced blocks, links, commands. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");

/** Every Markdown file that a reader meets, relative to the repository. */
export function pages(): string[] {
  const found = globSync(["*.md", "docs/**/*.md", "packages/*/README.md", "examples/**/*.md", "bench/*.md"], {
    cwd: root,
    exclude: ["**/node_modules/**"],
  });
  return found.map((page) => page.replaceAll("\\", "/")).sort();
}

export function readPage(page: string): string {
  return readFileSync(join(root, page), "utf8");
}

/**
 * A fenced block. One marked `run` (after its language, where readers do not see it) is run by the documentation's
 * test.
 */
export interface Block {
  readonly language: string;
  readonly runnable: boolean;
  /** The name that the block is kept under, so that later ones can import it. */
  readonly file: string | undefined;
  /** The block shows what the one before it printed. */
  readonly isReply: boolean;
  readonly text: string;
  /** Line of its first line of text, from 1. */
  readonly line: number;
}

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\w+)([^\n]*)\n([\s\S]*?)^```$/gm)].map(
    ({ 1: language = "", 2: info = "", 3: block = "", index }) => ({
      language,
      runnable: /\brun\b/.test(info),
      file: /\brun ([\w.-]+\.\w+)/.exec(info)?.[1],
      isReply: /\breply\b/.test(info),
      text: block,
      line: text.slice(0, index).split("\n").length + 1,
    }),
  );
}

/** Whether it is a program for Node.js. */
export function isScript({ language }: Block): boolean {
  return language === "ts" || language === "js";
}

/** Targets of links and pictures, blocks left out. */
export function linksOf(text: string): string[] {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "");
  return [...prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)].map(({ 1: target = "" }) => target);
}

/** Anchors as GitHub makes them from headings. */
export function anchorsOf(text: string): Set<string> {
  const headings = text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/^#{1,6} (.+)$/gm);
  const slugs = [...headings].map(({ 1: heading = "" }) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replace(/\s/g, "-"),
  );
  return new Set(slugs);
}

/** Every `antryk …` line that the page asks a reader to type: in shell blocks and in inline code. */
export function commandsOf(text: string): string[] {
  const shell = blocksOf(text)
    .filter(({ language }) => /^(bash|sh|shell|console)$/.test(language))
    .flatMap((block) => block.text.replace(/\\\n\s*/g, "").split("\n"));
  const inline = [...text.replace(/^```[\s\S]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(({ 1: span = "" }) => span);
  return [...shell, ...inline].flatMap((line) =>
    [...line.matchAll(/(?:^|\s|\()(?:npx )?antryk( [^|;&)#]*)?/g)].map(([, rest = ""]) => rest.trim()),
  );
}
