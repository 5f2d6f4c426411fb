/** A copy of the packages with one known fault in it, put in by text, for those who have to catch it. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A change of the sources. A text that is not found exactly once fails: then the change has to follow the sources. */
export interface SourceChange {
  /** Below packages/server/src. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const packages = join(import.meta.dirname, "../../..");
const copied = ["server/bin", "server/src", "server/package.json", "contract", "testkit/src", "testkit/package.json"];
const linked = ["contract", "testkit"];

/** The text with the change in it; how `find` is broken into lines does not matter. */
export function changed(text: string, { file, find, replace }: SourceChange): string {
  const words = find.split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const places = text.match(new RegExp(words.join("\\s+"), "g")) ?? [];
  const [place] = places;
  if (place === undefined || places.length > 1) throw new Error(`a mutant does not fit ${file} any more: ${find}`);
  return text.replace(place, () => replace);
}

/** Throws if the change does not fit the sources any more. */
export function checkFit(change: SourceChange): void {
  changed(readFileSync(join(packages, "server/src", change.file), "utf8"), change);
}

export class MutantSources implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "antryk-mutant-"));
  /** The `antryk` of these sources. */
  readonly command = join(this.folder, "packages/server/bin/antryk.js");

  constructor(changes: readonly SourceChange[]) {
    for (const each of copied) cpSync(join(packages, each), join(this.folder, "packages", each), { recursive: true });
    this.#linkModules(join(packages, "../node_modules"), join(this.folder, "node_modules"));
    for (const each of ["server", "testkit"]) {
      const own = join(packages, each, "node_modules");
      if (existsSync(own)) symlinkSync(own, join(this.folder, "packages", each, "node_modules"));
    }
    for (const change of changes) {
      const path = join(this.folder, "packages/server/src", change.file);
      writeFileSync(path, changed(readFileSync(path, "utf8"), change));
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #linkModules(from: string, to: string): void {
    mkdirSync(join(to, "@antryk"), { recursive: true });
    for (const each of readdirSync(from)) if (each !== "@antryk") symlinkSync(join(from, each), join(to, each));
    for (const each of linked) symlinkSync(`../../packages/${each}`, join(to, "@antryk", each));
  }
}
