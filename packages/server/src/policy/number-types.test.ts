/** Which numbers a new installation sends to: the example numbers of every region, from Google's own library. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serviceWith } from "@antryk/testkit/inputs/services";
import libphonenumber from "google-libphonenumber";
import { judge } from "./judge.ts";
import { noLists } from "./lists.ts";
import { classOf } from "./number-plan.ts";
import { noStanding } from "./standing.ts";

const { PhoneNumberFormat, PhoneNumberType, PhoneNumberUtil } = libphonenumber;
const util = PhoneNumberUtil.getInstance();
const service = serviceWith({});
const access = { accountId: service.accountId, secretHash: Buffer.alloc(32), accountLimits: [], recipientLimits: [] };

const verdictOn = (to: string) =>
  judge({
    operation: "send-otp",
    access,
    service,
    to,
    subject: "s",
    client: undefined,
    named: {},
    lists: noLists,
    standing: noStanding,
    now: 0,
  });

/** The example of each region that has one of this type, E.164. */
function examplesOf(type: number): string[] {
  return util.getSupportedRegions().flatMap((region: string) => {
    const example = util.getExampleNumberForType(region, type);
    return example ? [util.format(example, PhoneNumberFormat.E164)] : [];
  });
}

test("every region's mobile example is sent to, and its fixed line and VoIP examples", () => {
  const mobiles = examplesOf(PhoneNumberType.MOBILE);
  assert.ok(mobiles.length > 230, `${mobiles.length} regions`);
  for (const to of mobiles) assert.equal(verdictOn(to).kind, "allowed", to);
  // The two libraries' plans are not of one day: what has left the newer one is no example any more.
  const others = [...examplesOf(PhoneNumberType.FIXED_LINE), ...examplesOf(PhoneNumberType.VOIP)];
  const valid = others.filter((to) => classOf(to).kind === "valid");
  assert.ok(valid.length > others.length - 5);
  for (const to of valid) assert.equal(verdictOn(to).kind, "allowed", to);
});

for (const name of [
  "PREMIUM_RATE",
  "TOLL_FREE",
  "SHARED_COST",
  "PERSONAL_NUMBER",
  "PAGER",
  "UAN",
  "VOICEMAIL",
] as const) {
  test(`no example of ${name} is sent to`, () => {
    const examples = examplesOf(PhoneNumberType[name]);
    assert.ok(examples.length > 0);
    for (const to of examples)
      assert.deepEqual(
        verdictOn(to),
        { kind: "refused", reason: "number_type", retryAfterMs: undefined, suspicion: undefined },
        to,
      );
  });
}

test("nothing is sent to numbers of no region: satellite phones, premium rate, universal numbers", () => {
  for (const code of [800, 808, 870, 878, 881, 882, 883, 888, 979]) {
    // The declared types lack it.
    const example = (
      util as unknown as { getExampleNumberForNonGeoEntity(code: number): libphonenumber.PhoneNumber }
    ).getExampleNumberForNonGeoEntity(code);
    assert.ok(example, String(code));
    const to = util.format(example, PhoneNumberFormat.E164);
    assert.equal(verdictOn(to).kind, "refused", to);
  }
});

test("nor to numbers that only begin as such numbers do", () => {
  for (const to of ["+10000000000", "+19000000000", "+18000000000", "+8835100123456"])
    assert.equal(verdictOn(to).kind, "refused", to);
});
