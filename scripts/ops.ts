/**
 * `npm run test:ops`: what operators do with tools that are not ours: Debian's own nginx, HAProxy, Prometheus, PostgreSQL and
 * PgBouncer; and the files of deploy/, by nginx, Caddy and systemd.
 */
import { alertsFire } from "./ops/alerts.ts";
import { backupAndRestore } from "./ops/backup.ts";
import { startDebianServer } from "./ops/debian.ts";
import { imageByHand } from "./ops/image.ts";
import { throughPgBouncer } from "./ops/pgbouncer.ts";
import { promotions } from "./ops/promotion.ts";
import { behindProxies } from "./ops/proxies.ts";
import { behindOurFiles } from "./ops/proxy-files.ts";
import { verifyUnit } from "./ops/unit.ts";

await alertsFire();
await behindProxies();
await behindOurFiles();
verifyUnit();
await imageByHand();
await promotions();
using debian = await startDebianServer();
console.log(debian.tool("postgres", "--version").trim());
await backupAndRestore(debian);
await throughPgBouncer(debian);
