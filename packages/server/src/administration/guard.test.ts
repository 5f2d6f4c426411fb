/** What a guard that only watches would have saved, over what a service really sent. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startService } from "@antryk/testkit/service";
import { until } from "@antryk/testkit/until";
import { updateAccount } from "./accounts.ts";
import { guardReports, guardText } from "./guard.ts";

test("would-be refusals are told, and what they cost once prices are known", async () => {
  await using service = await startService();
  // Numbers in a row: the guard finds them, and only watches.
  for (let n = 0; n < 40; n += 1)
    assert.equal((await service.post("send-otp", { to: `+3712012${1_000 + n}` })).status, 200);
  const report = await until(
    async () => (await guardReports(service.store)).find((each) => each.wouldHaveRefused >= 5),
    {
      what: "the guard's decisions are stored",
    },
  );
  assert.deepEqual([report.serviceId, report.refused, report.verified], [service.serviceId, 0, 0]);
  assert.match(
    guardText(report) ?? "",
    /would have refused \d+ sends of the last day, 0 of which were verified; to let/,
  );

  const money = { currency: "EUR", defaultPriceMicros: 50_000 };
  assert.equal((await updateAccount(service.store, service.accountId, { money })).kind, "account");
  const [priced] = await guardReports(service.store);
  assert.equal(priced?.savedMicros, 50_000 * (priced?.wouldHaveRefused ?? 0));
  assert.match((priced && guardText(priced)) ?? "", /verified, and saved 0\.\d+ EUR; to let it: antryk guard enforce/);
});
