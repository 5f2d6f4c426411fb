/** An empty folder into which both tarballs are installed, as a user does. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { pack, published } from "./pack.ts";

interface LockedPackage {
  readonly link?: boolean;
}

export class Consumer implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "antryk-consumer-"));
  /** The command of the installed server. */
  readonly command = join(this.folder, "node_modules/antryk/bin/antryk.js");

  /** Packs both and installs them. Returns the tarballs' paths. */
  async install(): Promise<string[]> {
    const tarballs = published.map((name) => pack(name, this.folder));
    const manifest = { name: "consumer", version: "0.0.0", private: true, type: "module" };
    writeFileSync(join(this.folder, "package.json"), JSON.stringify(manifest));
    writeFileSync(
      join(this.folder, "package-lock.json"),
      JSON.stringify({ ...manifest, lockfileVersion: 3, packages: lockedPackages() }),
    );
    const flags = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    await promisify(execFile)("npm", ["install", ...flags, ...tarballs], { cwd: this.folder });
    return tarballs;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The repository's lock: what the server depends on comes from npm's cache, where `npm ci` has put it. */
function lockedPackages(): object {
  const lock = JSON.parse(readFileSync(join(import.meta.dirname, "../../package-lock.json"), "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  const entries = Object.entries(lock.packages).filter(([path, { link }]) => path.startsWith("node_modules/") && !link);
  return { "": {}, ...Object.fromEntries(entries) };
}
