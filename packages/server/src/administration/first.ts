/** The first account of an installation: a key, and a sandbox service that is ready to send. */
import { randomUUID } from "node:crypto";
import { defaults } from "@antryk/contract";
import { newCredentials } from "../callers/credentials.ts";
import type { Keyring } from "../keyring/keyring.ts";
import type { Store } from "../store/port.ts";
import { nameProblem } from "./names.ts";
import { type Problem, problem } from "./outcomes.ts";
import { newService } from "./services.ts";

export interface FirstCredentials {
  readonly accountId: string;
  readonly accessKey: string;
  /** Shown once. */
  readonly secretKey: string;
  /** Null: none was made. */
  readonly serviceId: string | null;
}

export interface FirstOptions {
  /** Of the account, and of its service. */
  readonly name?: string | undefined;
  /** Whether a service is made that sends to the sandbox; the default is true. */
  readonly sandbox?: boolean | undefined;
}

/** `undefined`: the store has an account already. */
export async function createFirst(
  store: Store,
  keyring: Keyring,
  { name, sandbox = true }: FirstOptions = {},
): Promise<FirstCredentials | Problem | undefined> {
  const wrong = name === undefined ? undefined : nameProblem(name);
  if (wrong !== undefined) return problem(wrong);
  const accountId = randomUUID();
  const { accessKey, secretKey, secretHash } = newCredentials();
  const made = sandbox ? newService(accountId, name ?? "Antryk Demo", {}, keyring, store.now()) : undefined;
  if (made?.kind === "problem") return made;
  const account = { id: accountId, name: name ?? "Demo", limits: defaults.accountLimits, createdAt: store.now() };
  const isFirst = await store.createFirstAccount({ account, key: { accessKey, secretHash }, service: made?.service });
  return isFirst ? { accountId, accessKey, secretKey, serviceId: made?.service.id ?? null } : undefined;
}
