import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeDeliver, encodePdu } from "@antryk/testkit/smsc";
import type { Pdu } from "smpp";
import type { Receipt } from "../port.ts";
import { loadSmpp } from "./loader.ts";
import { idOfResponse, type ReceiptIds, readReceipt } from "./receipt.ts";

type Tlvs = readonly (readonly [tag: number, value: string])[];
const library = await loadSmpp();
/** As the library reads the bytes of a deliver_sm. */
function deliverSm(text: string, tlvs: Tlvs = [], esmClass = 4, coding = 0): Pdu {
  const body = encodeDeliver(
    esmClass,
    Buffer.from(text, "latin1"),
    tlvs.map(([tag, value]) => [tag, Buffer.from(value, "latin1")]),
    coding,
  );
  const PDU = library.PDU as unknown as new (bytes: Buffer) => Pdu;
  return new PDU(encodePdu(5, 0, 1, body));
}
const text = (changes: { id?: string; stat?: string; err?: string } = {}): string => {
  const { id = "0123456789", stat = "DELIVRD", err = "000" } = changes;
  return (
    `id:${id} sub:001 dlvrd:001 submit date:2611230601 done date:2611230602 stat:${stat} err:${err} ` +
    "Text:stat:REJECTD id:9 "
  );
};
const receiptedMessageId = 0x1e;
const messageState = 0x427;
const networkErrorCode = 0x423;

const samples: readonly (readonly [what: string, pdu: Pdu, receipt: Receipt])[] = [
  ["appendix B", deliverSm(text()), { messageId: "0123456789", status: "delivered" }],
  ["ENROUTE", deliverSm(text({ stat: "ENROUTE" })), { messageId: "0123456789", status: "sent", code: "ENROUTE" }],
  ["ACCEPTD", deliverSm(text({ stat: "ACCEPTD" })), { messageId: "0123456789", status: "sent", code: "ACCEPTD" }],
  [
    "EXPIRED",
    deliverSm(text({ stat: "EXPIRED" })),
    { messageId: "0123456789", status: "undelivered", code: "EXPIRED" },
  ],
  [
    "DELETED",
    deliverSm(text({ stat: "DELETED" })),
    { messageId: "0123456789", status: "undelivered", code: "DELETED" },
  ],
  [
    "UNDELIV",
    deliverSm(text({ stat: "UNDELIV", err: "027" })),
    { messageId: "0123456789", status: "undelivered", code: "UNDELIV 027" },
  ],
  [
    "REJECTD",
    deliverSm(text({ stat: "REJECTD", err: "0A1" })),
    { messageId: "0123456789", status: "undelivered", code: "REJECTD 0A1" },
  ],
  ["UNKNOWN", deliverSm(text({ stat: "UNKNOWN" })), { messageId: "0123456789", status: "unknown", code: "UNKNOWN" }],
  [
    "a state of no table",
    deliverSm(text({ stat: "PARKED" })),
    { messageId: "0123456789", status: "unknown", code: "PARKED" },
  ],
  [
    "a state of the prototype",
    deliverSm(text({ stat: "valueOf" })),
    { messageId: "0123456789", status: "unknown", code: "VALUEOF" },
  ],
  ["no state", deliverSm("id:7 err:000"), { messageId: "7", status: "unknown" }],
  ["other spelling", deliverSm("ID: 7f-_@ STAT: delivrd ERR: 0"), { messageId: "7f-_@", status: "delivered" }],
  ["an unknown alphabet", deliverSm(text(), [], 4, 4), { messageId: "0123456789", status: "delivered" }],
  [
    "an intermediate notification",
    deliverSm(text({ stat: "ENROUTE" }), [], 0x20),
    { messageId: "0123456789", status: "sent", code: "ENROUTE" },
  ],
  [
    "TLVs alone",
    deliverSm("", [
      [receiptedMessageId, "abc-1\0"],
      [messageState, "\u0005"],
      [networkErrorCode, "\u0003\u0001\u0002"],
    ]),
    { messageId: "abc-1", status: "undelivered", code: "UNDELIV 258" },
  ],
  [
    "TLVs without a receipt's esm_class",
    deliverSm(
      "",
      [
        [receiptedMessageId, "a\0"],
        [messageState, "\u0002"],
      ],
      0,
    ),
    { messageId: "a", status: "delivered" },
  ],
  [
    "a longer id as TLV",
    deliverSm(text(), [[receiptedMessageId, "0123456789-whole\0"]]),
    { messageId: "0123456789-whole", status: "delivered" },
  ],
];
for (const [what, pdu, receipt] of samples) {
  test(`receipt: ${what}`, () => assert.deepEqual(readReceipt(pdu, "same"), receipt));
}

test("a text from a phone, a receipt without an id and a receipt of nothing are no receipts", () => {
  for (const pdu of [deliverSm(text(), [], 0), deliverSm("stat:DELIVRD"), deliverSm(""), deliverSm("paid: 7")])
    assert.equal(readReceipt(pdu, "same"), undefined);
});

const bases: readonly (readonly [ReceiptIds, response: string, receipt: string])[] = [
  ["same", "0A1f", "0A1f"],
  ["decimal", "0A1F", "2591"],
  ["decimal", "a1f", "0000002591"],
  ["decimal", "FFFFFFFFFFFFFFFFFF", "4722366482869645213695"],
  ["hexadecimal", "2591", "0A1F"],
  ["hexadecimal", "0002591", "a1f"],
  ["decimal", "no-number", "no-number"],
  ["hexadecimal", "no-number", "no-number"],
];
for (const [receiptIds, response, inText] of bases) {
  test(`ids, ${receiptIds}: the response's ${response} is the receipt's ${inText}`, () => {
    const messageId = idOfResponse(response, receiptIds);
    assert.equal(readReceipt(deliverSm(text({ id: inText })), receiptIds)?.messageId, messageId);
    assert.equal(
      readReceipt(deliverSm("stat:DELIVRD", [[receiptedMessageId, `${response}\0`]]), receiptIds)?.messageId,
      messageId,
    );
  });
}
