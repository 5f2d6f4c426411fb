/** The documentation agrees with the code: made sections, links, commands, and the blocks that a reader would run. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, normalize } from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import type { TSchema } from "typebox";
import Value from "typebox/value";
import { settingFlag } from "../packages/server/src/administration/provider-settings.ts";
import { configVariables, secretVariables } from "../packages/server/src/config.ts";
import { fileVariable } from "../packages/server/src/config-files.ts";
import { providers } from "../packages/server/src/gateways/registry.ts";
import { program } from "./docs/configuration.ts";
import { exampleOf, gatewayPage } from "./docs/gateways.ts";
import { withGiven } from "./docs/given.ts";
import { llmsFile, llmsPages, llmsText } from "./docs/llms.ts";
import { anchorsOf, blocksOf, commandsOf, isScript, linksOf, pages, readPage, root } from "./docs/pages.ts";
import { fileOf, Reader } from "./docs/reader.ts";
import { remade, sectionNames, sectionsOf } from "./docs.ts";

const all = pages().map((page) => ({ page, text: readPage(page) }));

test("made sections say what the code says", () => {
  for (const { page, text } of all) assert.ok(text === remade(text), `${page} is behind the code: npm run docs`);
});

test("every made section is in exactly one page", () => {
  assert.deepEqual(all.flatMap(({ text }) => sectionsOf(text)).sort(), [...sectionNames].sort());
});

test("there is a page for each provider, with its made section, and none for another", () => {
  const pagesThere = all
    .map(({ page }) => page)
    .filter((page) => page.startsWith("docs/gateways/") && !page.endsWith("/README.md"));
  const wanted = [...providers.keys()].map((id) => gatewayPage(id).path);
  assert.deepEqual(pagesThere.sort(), wanted.sort(), "npm run docs makes a page for a new provider");
  for (const { id, name } of providers.values()) {
    const { path, section } = gatewayPage(id);
    const text = readPage(path);
    assert.ok(text.startsWith(`# ${name}\n`), `${path} is titled by another name than ${name}`);
    assert.deepEqual(sectionsOf(text), [section], path);
  }
});

test("the command that adds a gateway names every setting that it needs, with values that the provider takes", () => {
  for (const { id, fields, config } of providers.values()) {
    const command = blocksOf(readPage(gatewayPage(id).path)).find(({ text }) =>
      text.includes(`gateway add ${id} --provider ${id}`),
    );
    assert.ok(command, `docs/gateways/${id}.md shows how to add it`);
    for (const field of fields.filter(({ required }) => required)) {
      const [flag, value] = [settingFlag(id, field.name), exampleOf(id, field)];
      if (field.secret) assert.match(value, /^(env|file):/, `${flag}: a secret is shown as a variable or a file`);
      else
        assert.ok(
          Value.Check(config.properties[field.name] as TSchema, value),
          `${flag} does not take its example ${value}`,
        );
      if (!field.make) assert.ok(command.text.includes(`${flag} ${value}`), `${id}: ${flag}`);
    }
  }
});

test("relative links lead to a file, and their anchors to a heading", () => {
  for (const { page, text } of all) {
    for (const link of linksOf(text)) {
      if (/^[a-z]+:/i.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : normalize(join(dirname(page), path));
      assert.ok(existsSync(join(root, target)), `${page} links to ${link}`);
      if (anchor !== undefined)
        assert.ok(anchorsOf(readPage(target)).has(anchor), `${page} links to ${link}: no such heading`);
    }
  }
});

test("every page of docs/ can be reached from its index", () => {
  const reached = new Set(
    linksOf(readPage("docs/README.md")).map((link) => normalize(join("docs", link.split("#")[0] ?? ""))),
  );
  for (const { page } of all) {
    if (/^docs\/([^/]+|decisions\/[^/]+|gateways\/README)\.md$/.test(page) && page !== "docs/README.md")
      assert.ok(reached.has(page), `docs/README.md does not lead to ${page}`);
  }
});

test("llms.txt is the index, and leads to every page that the index leads to", () => {
  const text = readPage(llmsFile);
  assert.ok(text === llmsText(), `${llmsFile} is behind docs/README.md: npm run docs`);
  const indexed = linksOf(readPage("docs/README.md")).map((link) => normalize(join("docs", link)));
  assert.deepEqual(
    llmsPages(text),
    indexed.filter((page) => page !== llmsFile),
  );
});

test("every event that the log can hold is documented, and no other", () => {
  const folder = join(root, "packages/server/src");
  const files = globSync("**/*.ts", { cwd: folder, exclude: ["**/*.test.ts"] });
  const logged = files.flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(/\bevent: ("\w+"(?: \| "\w+")*)/g)].flatMap(
      ([, events = ""]) => events.replaceAll('"', "").split(" | "),
    ),
  );
  const documented = [...readPage("docs/operations.md").matchAll(/^\| `(\w+)` +\| (?:debug|info|warn|error) /gm)].map(
    ([, event]) => event,
  );
  assert.deepEqual(documented.sort(), [...new Set(logged)].sort());
});

test("every variable named is one of the server or the SDK", () => {
  const known = new Set([
    ...Object.keys(configVariables),
    ...secretVariables.map(fileVariable),
    "ANTRYK_ACCESS_KEY",
    "ANTRYK_SECRET_KEY",
    "ANTRYK_BASE_URL",
    "ANTRYK_SERVICE_ID",
  ]);
  for (const { page, text } of all.filter(({ page }) => /^(README|docs\/)/.test(page))) {
    for (const [name] of text.matchAll(/\bANTRYK_[A-Z_]+[A-Z]\b/g)) assert.ok(known.has(name), `${page} names ${name}`);
  }
});

test("the documented commands are those of the program", async () => {
  const bin = join(root, "packages/server/bin/antryk.js");
  const { stdout } = await promisify(execFile)(process.execPath, [bin, "--help"]);
  const list = /^Commands:\n([\s\S]*?)\n\n/m.exec(stdout)?.[1] ?? "";
  const names = [...list.matchAll(/^ {2}([a-z-]+)/gm)]
    .map(({ 1: name = "" }) => name)
    .filter((name) => name !== "help");
  assert.deepEqual(program.commands.map((command) => command.name()).sort(), names.sort());
});

test("every command named exists and has the flags it is named with", () => {
  for (const { page, text } of all) {
    for (const line of commandsOf(text)) {
      const words = line.split(/\s+/);
      let command = program;
      while (command.commands.length > 0 && /^[a-z]/.test(words[0] ?? "")) {
        const word = words.shift() ?? "";
        const found = command.commands.find((each) => each.name() === word);
        assert.ok(found, `${page} names antryk ${line}: ${command.name()} has no command ${word}`);
        command = found;
      }
      const help = `${command.helpInformation()} ${command.options.map((option) => option.flags).join(" ")}`;
      for (const flag of words.filter((word) => word.startsWith("-")))
        assert.ok(help.includes(flag), `${page} names antryk ${line}: ${command.name()} has no ${flag}`);
    }
  }
});

test("every block of TypeScript or JavaScript is one that is run", () => {
  for (const { page, text } of all)
    for (const block of blocksOf(text)) {
      assert.ok(
        !/^(tsx|jsx|typescript|javascript|mjs|mts)$/.test(block.language),
        `${page}:${block.line}: mark it ts or js`,
      );
      assert.ok(!isScript(block) || block.runnable, `${page}:${block.line} is not marked \`run\``);
    }
});

test("blocks of TypeScript have no type errors", async () => {
  const folder = mkdtempSync(join(tmpdir(), "antryk-docs-"));
  try {
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
    const compilerOptions = { moduleDetection: "force", noUnusedLocals: false, noUnusedParameters: false };
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.json"), compilerOptions, include: ["pages"] }),
    );
    for (const { page, text } of all) {
      const place = join(folder, "pages", page.replaceAll("/", "-"));
      for (const block of blocksOf(text).filter(isScript)) {
        mkdirSync(place, { recursive: true });
        writeFileSync(join(place, block.file ?? fileOf(block, block.line)), withGiven(block.text));
      }
    }
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(
      (fault: { stdout: string }) => fault,
    );
    assert.equal(stdout, "");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

describe("blocks that a reader runs", { concurrency: 3 }, () => {
  for (const { page, text } of all) {
    const blocks = blocksOf(text).filter(({ runnable, isReply }) => runnable || isReply);
    if (blocks.length === 0) continue;
    test(page, async () => {
      await using reader = new Reader();
      await reader.start();
      let printed = "";
      for (const block of blocks) {
        const place = `${page}:${block.line}`;
        if (block.isReply)
          assert.ok(reader.matches(block, printed), `${place} shows\n${block.text}\nbut this was printed:\n${printed}`);
        else printed = await reader.run(block).catch((fault: Error) => assert.fail(`${place}: ${fault.message}`));
      }
    });
  }
});
