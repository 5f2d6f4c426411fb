/** Accounts: each has its own access keys and services. */
import { randomUUID } from "node:crypto";
import type { WindowLimit } from "@antryk/contract";
import type { Account } from "../model/account.ts";
import type { Store } from "../store/port.ts";
import { type Problem, problem } from "./outcomes.ts";
import { limitsProblem } from "./settings/setting.ts";

export async function createAccount(
  store: Store,
  { name, limits = [] }: { readonly name: string; readonly limits?: readonly WindowLimit[] },
): Promise<{ readonly kind: "account"; readonly account: Account } | Problem> {
  if (name.trim() === "" || name.length > 100) return problem("a name must have 1 to 100 characters");
  const wrong = limitsProblem("sends of the whole account", limits);
  if (wrong !== undefined) return problem(wrong);
  const account = { id: randomUUID(), name, limits, createdAt: store.now() };
  await store.createAccount(account);
  return { kind: "account", account };
}

/** `unknown`: there is no such account. */
export async function limitAccount(
  store: Store,
  id: string,
  limits: readonly WindowLimit[],
): Promise<{ readonly kind: "changed" | "unknown" } | Problem> {
  const wrong = limitsProblem("sends of the whole account", limits);
  if (wrong !== undefined) return problem(wrong);
  return { kind: (await store.updateAccount(id, limits)) ? "changed" : "unknown" };
}
