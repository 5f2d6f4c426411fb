/**
 * Variables whose values are kept in files, as orchestrators hand out secrets: `NAME_FILE` is a path, and what the file
 * holds is the value of `NAME`.
 */
import { readFileSync } from "node:fs";

type Environment = Readonly<Record<string, string | undefined>>;

export function fileVariable(name: string): string {
  return `${name}_FILE`;
}

/** The environment with the values that `names` have in files, or what is wrong with one, in a sentence. */
export function withFiles(env: Environment, names: readonly string[]): { env: Environment } | { problem: string } {
  const values: Record<string, string> = {};
  for (const name of names) {
    const path = env[fileVariable(name)] ?? "";
    if (path === "") continue;
    if ((env[name] ?? "") !== "") return { problem: `${name} and ${fileVariable(name)} are both set: leave one out` };
    let text: string;
    try {
      text = readFileSync(path, "utf8");
    } catch (fault) {
      const { code = "?" } = fault as NodeJS.ErrnoException;
      return { problem: `${fileVariable(name)}: the file ${path} can't be read (${code})` };
    }
    const value = text.replace(/\r?\n$/, "");
    // As an empty variable it would be none, and the server would start on another store without a word.
    if (value === "") return { problem: `${fileVariable(name)}: the file ${path} is empty` };
    values[name] = value;
  }
  return { env: { ...env, ...values } };
}
