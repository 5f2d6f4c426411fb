/** A whole service in this process, on a real socket, with an account, a key and a service: for tests. */
import { randomUUID } from "node:crypto";
import type { WindowLimit } from "@antryk/contract";
import { newService, type ServiceChanges } from "../../server/src/administration/services.ts";
import { type App, type AppOptions, buildApp } from "../../server/src/app.ts";
import { newCredentials } from "../../server/src/callers/credentials.ts";
import { SandboxInbox } from "../../server/src/gateways/sandbox/inbox.ts";
import { Keyring, newKeyring } from "../../server/src/keyring/keyring.ts";
import { createLog } from "../../server/src/observe/log.ts";
import { ManualClock } from "../../server/src/store/clock.ts";
import type { Store } from "../../server/src/store/port.ts";
import { openSqliteStore } from "../../server/src/store/sqlite/open.ts";
import type { TestServer } from "./postgres.ts";
import { ManualTimer } from "./timer.ts";

export interface TestCaller {
  readonly accountId: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly serviceId: string;
}

export interface TestReply {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into replies of every shape
  readonly body: any;
}

export interface TestService extends TestCaller, AsyncDisposable {
  readonly app: Omit<App, "sandbox"> & { readonly sandbox: SandboxInbox };
  readonly store: Store;
  readonly keyring: Keyring;
  readonly clock: ManualClock;
  /** Of the sends' time budgets: none ends by itself. */
  readonly timer: ManualTimer;
  readonly baseUrl: string;
  /** The listener for operators. */
  readonly operationsUrl: string;
  /** Every line that was logged. */
  readonly logLines: string[];
  /** Another account with a key and a service. */
  addCaller(changes?: ServiceChanges, accountLimits?: readonly WindowLimit[]): Promise<TestCaller>;
  /** POSTs to /api/v1/sms/{operation}, as the first caller unless another is given. */
  post(operation: string, body: object, headers?: Record<string, string>, caller?: TestCaller): Promise<TestReply>;
  /** The code of the newest message to this recipient. */
  lastCode(to: string): string;
}

export interface TestServiceOptions extends Partial<Omit<AppOptions, "log">> {
  readonly service?: ServiceChanges;
  readonly accountLimits?: readonly WindowLimit[];
  /** The store's clock if no store is given. */
  readonly clock?: ManualClock;
  /** Address that the listener for operators is on; 127.0.0.1 unless another is given. */
  readonly operationsHost?: string;
}

export async function startService(options: TestServiceOptions = {}): Promise<TestService> {
  const clock = options.clock ?? new ManualClock();
  const made = options.store ? undefined : await makeStore(clock);
  const store = options.store ?? made?.store;
  if (!store) throw new Error("no store was made");
  const keyring = options.keyring ?? new Keyring(newKeyring());
  const logLines: string[] = [];
  const log = createLog("debug", { write: (line) => logLines.push(line) });
  const sandbox = new SandboxInbox();
  const timer = new ManualTimer();
  const app = Object.assign(
    await buildApp({ wallClock: () => store.now(), timer, ...options, store, keyring, log, sandbox }),
    { sandbox },
  );
  const { baseUrl, operationsUrl } = await app.listen(
    { host: "127.0.0.1", port: 0 },
    { host: options.operationsHost ?? "127.0.0.1", port: 0 },
  );

  const addCaller = async (
    changes: ServiceChanges = {},
    accountLimits: readonly WindowLimit[] = [],
  ): Promise<TestCaller> => {
    const accountId = randomUUID();
    await store.createAccount({ id: accountId, name: "test", limits: accountLimits, createdAt: store.now() });
    const { accessKey, secretKey, secretHash } = newCredentials();
    await store.createAccessKey(accountId, accessKey, secretHash);
    const built = newService(accountId, "Acme", { newPrefixLimits: [], ...changes }, keyring, store.now());
    if (built.kind === "problem") throw new Error(built.message);
    await store.createService(built.service);
    return { accountId, accessKey, secretKey, serviceId: built.service.id };
  };
  const first = await addCaller(options.service, options.accountLimits);

  return {
    ...first,
    app,
    store,
    keyring,
    clock,
    timer,
    baseUrl,
    operationsUrl,
    logLines,
    addCaller,
    async post(operation, body, headers = {}, caller = first) {
      const reply = await fetch(`${baseUrl}/api/v1/sms/${operation}`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-access-key": caller.accessKey,
          "x-secret-key": caller.secretKey,
          ...headers,
        },
        body: JSON.stringify({ serviceId: caller.serviceId, ...body }),
      });
      return { status: reply.status, headers: reply.headers, body: await reply.json() };
    },
    lastCode(to) {
      const [newest] = sandbox.list(to);
      const code = newest && /\d{4,10}/.exec(newest.text)?.[0];
      if (!code) throw new Error(`no message to ${to}`);
      return code;
    },
    async [Symbol.asyncDispose]() {
      // Requests that a gateway still holds are aborted: the pool waits for them.
      timer.end();
      await app.close(1_000);
      await made?.[Symbol.asyncDispose]();
    },
  };
}

interface MadeStore extends AsyncDisposable {
  readonly store: Store;
}

let server: Promise<TestServer> | undefined;

async function startServer(): Promise<TestServer> {
  const started = await (await import("./postgres.ts")).startPostgres();
  // A server that others use as well keeps nothing of this process.
  process.once("beforeExit", () => void started[Symbol.asyncDispose]());
  return started;
}

/** An empty store of the engine that ANTRYK_TEST_ENGINE names (sqlite, postgres), under the test's clock. */
async function makeStore(clock: ManualClock): Promise<MadeStore> {
  const engine = process.env.ANTRYK_TEST_ENGINE ?? "sqlite";
  if (engine === "sqlite")
    return { store: openSqliteStore({ path: ":memory:", clock }), async [Symbol.asyncDispose]() {} };
  if (engine !== "postgres") throw new Error(`ANTRYK_TEST_ENGINE is ${engine}, not sqlite or postgres`);
  // One server for all services of this process; it ends with the process.
  server ??= startServer();
  const database = await (await server).database(clock);
  return { store: await database.open({ clock }), [Symbol.asyncDispose]: () => database[Symbol.asyncDispose]() };
}
