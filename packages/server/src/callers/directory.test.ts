/** Callers and services are read once and kept until what they were read from changes. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Access } from "../model/account.ts";
import type { ListEntry } from "../model/list-entry.ts";
import type { Price } from "../model/price.ts";
import { defaultSettings, type Service } from "../model/service.ts";
import { newCredentials } from "./credentials.ts";
import { Directory } from "./directory.ts";

const { accessKey, secretKey, secretHash } = newCredentials();
const access: Access = { accountId: "a", secretHash, accountLimits: [], recipientLimits: [] };
const service: Service = { ...defaultSettings, id: "s", accountId: "a", name: "Acme", createdAt: 0 };

/** What operators have set, and what was asked of it. */
class Source {
  current = 1;
  access: Access | undefined = access;
  service: Service | undefined = service;
  readonly asked: string[] = [];

  async generation(): Promise<number> {
    this.asked.push("generation");
    return this.current;
  }

  async findAccess(): Promise<Access | undefined> {
    this.asked.push("access");
    return this.access;
  }

  async findService(): Promise<Service | undefined> {
    this.asked.push("service");
    return this.service;
  }

  entries: ListEntry[] = [];

  async listEntries(): Promise<ListEntry[]> {
    this.asked.push("lists");
    return this.entries;
  }

  async listPrices(): Promise<readonly Price[]> {
    this.asked.push("prices");
    return [];
  }
}

test("while nothing changes everything is read once, however often it is looked at", async () => {
  const source = new Source();
  const directory = new Directory(source, 0);
  for (let n = 0; n < 3; n += 1) {
    assert.equal(await directory.authenticate(accessKey, secretKey), access);
    assert.equal(await directory.service("a", "s"), service);
  }
  assert.equal(await directory.service("b", "s"), undefined, "another account's");
  assert.equal(await directory.authenticate(accessKey, "wrong"), undefined);
  assert.deepEqual(source.asked.filter((what) => what !== "generation").sort(), ["access", "service"]);
});

test("one look serves all parallel calls, and the next one waits until it is due", async () => {
  const source = new Source();
  const directory = new Directory(source, Number.POSITIVE_INFINITY);
  await Promise.all(Array.from({ length: 9 }, () => directory.service("a", "s")));
  await directory.authenticate(accessKey, secretKey);
  assert.equal(source.asked.filter((what) => what === "generation").length, 1);
});

test("a change is seen at the next look: a revoked key is refused, settings are the new ones", async () => {
  const source = new Source();
  const directory = new Directory(source, 0);
  await directory.authenticate(accessKey, secretKey);
  await directory.service("a", "s");
  source.current += 1;
  source.access = undefined;
  source.service = { ...service, codeLength: 8 };
  assert.equal(await directory.authenticate(accessKey, secretKey), undefined);
  assert.equal((await directory.service("a", "s"))?.codeLength, 8);
});

test("what is unknown is never kept", async () => {
  const source = new Source();
  source.service = undefined;
  const directory = new Directory(source, Number.POSITIVE_INFINITY);
  assert.equal(await directory.service("a", "s"), undefined);
  source.service = service;
  assert.equal(await directory.service("a", "s"), service);
});

test("a read that began before a change and ends after it was seen is not kept", async () => {
  const source = new Source();
  const directory = new Directory(source, 0);
  const { promise: slow, resolve: answer } = Promise.withResolvers<Service>();
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  source.findService = async () => {
    begin();
    return slow;
  };
  const early = directory.service("a", "s");
  await begun;
  source.current += 1;
  await directory.authenticate(accessKey, secretKey);
  answer(service);
  assert.equal(await early, service);
  const changed = { ...service, codeLength: 8 };
  source.findService = async () => changed;
  assert.equal(await directory.service("a", "s"), changed);
});

test("while the store is away nothing is answered from what was kept; later calls succeed again", async () => {
  const source = new Source();
  const directory = new Directory(source, 0);
  await directory.service("a", "s");
  const { generation } = source;
  source.generation = () => Promise.reject(new Error("away"));
  await assert.rejects(directory.service("a", "s"), /away/);
  source.generation = generation;
  assert.equal(await directory.service("a", "s"), service);
});

test("the lists are read once, and again when operators change something", async () => {
  const source = new Source();
  const directory = new Directory(source, 0);
  const blocks = async () => (await directory.lists()).find("+919876543210", "s", 0);
  assert.deepEqual([await blocks(), await blocks()], [undefined, undefined]);
  source.entries = [
    { id: "e", list: "block", match: "+9198", serviceId: null, until: null, reason: null, createdAt: 0 },
  ];
  assert.equal(await blocks(), undefined);
  source.current += 1;
  assert.equal(await blocks(), "block");
  assert.equal(source.asked.filter((what) => what === "lists").length, 2);
});
