/**
 * The HTTP suite on PostgreSQL: the same files, over one server that they share, or the one of
 * ANTRYK_TEST_DATABASE_URL.
 */
import { globSync } from "node:fs";
import { run } from "node:test";
import { startCluster } from "@antryk/testkit/postgres";

export const httpSuite: readonly string[] = globSync("packages/server/src/http/**/*.test.ts").sort();

type Options = NonNullable<Parameters<typeof run>[0]>;

/** `consume` reads the run to its end. */
export async function runHttpSuite(
  engine: "sqlite" | "postgres",
  options: Options,
  consume: (stream: ReturnType<typeof run>) => Promise<void>,
): Promise<void> {
  const given = process.env.ANTRYK_TEST_DATABASE_URL;
  await using cluster = engine === "postgres" && !given ? await startCluster() : undefined;
  const url = given ?? cluster?.url("postgres");
  const env = { ...process.env, ANTRYK_TEST_ENGINE: engine, ...(url ? { ANTRYK_TEST_DATABASE_URL: url } : {}) };
  await consume(run({ ...options, files: [...httpSuite], env }));
}
