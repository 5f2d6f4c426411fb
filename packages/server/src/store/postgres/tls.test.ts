/** TLS settings of the URL, against a server with a certificate of an authority that only this test knows. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chownSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Cluster, run, startCluster, unprivileged } from "@antryk/testkit/postgres";
import { StoreUnavailable } from "../../model/errors.ts";
import { openPostgresStore } from "./open.ts";
import { parseTarget } from "./target.ts";

let folder = "";
let encrypted: Cluster;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "antryk-tls-"));
  execFileSync("chmod", ["755", folder]);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  openssl(
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "ca.key",
    "-out",
    "ca.crt",
    "-subj",
    "/CN=test authority",
    "-days",
    "2",
  );
  openssl(
    "req",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    "server.key",
    "-out",
    "server.csr",
    "-subj",
    "/CN=localhost",
  );
  writeFileSync(join(folder, "names"), "subjectAltName=DNS:localhost\n");
  openssl(
    ..."x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile names".split(
      " ",
    ),
  );
  const { uid, gid } = unprivileged();
  if (uid !== undefined && gid !== undefined) chownSync(join(folder, "server.key"), uid, gid);
  encrypted = await startCluster({
    settings: [
      "fsync=off",
      "ssl=on",
      `ssl_cert_file=${join(folder, "server.crt")}`,
      `ssl_key_file=${join(folder, "server.key")}`,
    ],
  });
});

after(async () => {
  await encrypted[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

let asked = 0;

/** Whether the connection that these settings make is encrypted; throws if they make none. */
async function isEncrypted(port: number, host: string, query: string): Promise<boolean> {
  asked += 1;
  // Another name each time: connections of an earlier check may not have ended yet.
  const name = `antryk-${asked}`;
  const more = `application_name=${name}&connect_timeout=60`;
  const target = parseTarget(`postgres://antryk@${host}:${port}/postgres?${more}&${query}`);
  const store = await openPostgresStore({ target, patienceMs: 0 });
  try {
    const rows = await run(
      encrypted.port === port ? encrypted.url("postgres") : `postgres://antryk@127.0.0.1:${port}/postgres`,
      "SELECT bool_and(s.ssl) AS ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = $1",
      [name],
    );
    return rows[0]?.ssl === true;
  } finally {
    await store.close();
  }
}

test("sslmode: as libpq means it", async () => {
  const { port } = encrypted;
  const root = `sslrootcert=${encodeURIComponent(join(folder, "ca.crt"))}`;
  assert.equal(await isEncrypted(port, "localhost", ""), true);
  assert.equal(await isEncrypted(port, "localhost", "sslmode=disable"), false);
  assert.equal(await isEncrypted(port, "127.0.0.1", "sslmode=require"), true);
  assert.equal(await isEncrypted(port, "127.0.0.1", `sslmode=verify-ca&${root}`), true);
  assert.equal(await isEncrypted(port, "localhost", `sslmode=verify-full&${root}`), true);
  await assert.rejects(isEncrypted(port, "127.0.0.1", `sslmode=verify-full&${root}`), StoreUnavailable);
  await assert.rejects(isEncrypted(port, "localhost", "sslmode=verify-full"), StoreUnavailable);
  await assert.rejects(isEncrypted(port, "localhost", "sslmode=verify-ca"), StoreUnavailable);
});

test("a server without TLS: prefer goes without, require does not", async () => {
  await using plain = await startCluster({ settings: ["fsync=off"] });
  assert.equal(await isEncrypted(plain.port, "127.0.0.1", ""), false);
  await assert.rejects(isEncrypted(plain.port, "127.0.0.1", "sslmode=require"), StoreUnavailable);
});
