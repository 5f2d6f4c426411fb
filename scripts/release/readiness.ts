/** What must be done before a release, before anything is tested or packed. */

export interface ReleaseFacts {
  /** What `git status --porcelain` prints. */
  readonly status: string;
  readonly tags: readonly string[];
  /** Each place that names the version, with what it says. */
  readonly versions: Readonly<Record<string, string>>;
  readonly changelog: string;
}

/** The version that all places name, and whole sentences that say what is to be done first. */
export function readiness({ status, tags, versions, changelog }: ReleaseFacts): {
  version: string;
  problems: string[];
} {
  const named = new Set(Object.values(versions));
  const [version = ""] = named;
  const problems: string[] = [];
  if (status.trim() !== "") problems.push(`The tree is not clean: commit or remove\n${status.trimEnd()}`);
  if (named.size > 1) {
    const list = Object.entries(versions).map(([place, says]) => `  ${place}: ${says}`);
    problems.push(`The versions differ:\n${list.join("\n")}`);
  }
  if (tags.includes(`v${version}`)) problems.push(`There is a tag v${version} already: raise the version.`);
  if (!new RegExp(`^## \\[${version.replaceAll(".", "\\.")}\\] - \\d{4}-\\d{2}-\\d{2}$`, "m").test(changelog))
    problems.push(`CHANGELOG.md has no section "## [${version}] - YYYY-MM-DD": move there what is under Unreleased.`);
  const [, unreleased = ""] = /^## \[Unreleased\]\n([\s\S]*?)(?=^## \[|$(?![\s\S]))/m.exec(changelog) ?? [];
  if (/^- /m.test(unreleased)) problems.push("CHANGELOG.md has entries under Unreleased that belong to no release.");
  return { version, problems };
}
