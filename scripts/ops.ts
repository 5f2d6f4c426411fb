/**
 * `npm run test:ops`: what operators do with tools that are not ours: Debian's own nginx, HAProxy, PostgreSQL and
 * PgBouncer.
 */
import { backupAndRestore } from "./ops/backup.ts";
import { startDebianServer } from "./ops/debian.ts";
import { throughPgBouncer } from "./ops/pgbouncer.ts";
import { promotions } from "./ops/promotion.ts";
import { behindProxies } from "./ops/proxies.ts";

await behindProxies();
await promotions();
using debian = await startDebianServer();
console.log(debian.tool("postgres", "--version").trim());
await backupAndRestore(debian);
await throughPgBouncer(debian);
