import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeDeliver, encodePdu } from "@antryk/testkit/smsc";
import type { Pdu } from "smpp";
import type { Receipt } from "../port.ts";
import { readPdu } from "./frames.ts";
import { loadSmpp } from "./loader.ts";
import { idOfResponse, type ReceiptIds, readReceipts } from "./receipt.ts";

type Tlvs = readonly (readonly [tag: number, value: string])[];
const library = await loadSmpp();
/** As the bytes of a deliver_sm are read. */
function deliverSm(text: string, tlvs: Tlvs = [], esmClass = 4, coding = 0): Pdu {
  const body = encodeDeliver(
    esmClass,
    Buffer.from(text, "latin1"),
    tlvs.map(([tag, value]) => [tag, Buffer.from(value, "latin1")]),
    coding,
  );
  const read = readPdu(encodePdu(5, 0, 1, body), library);
  if (typeof read === "number") throw new Error(`command_status ${read}`);
  return read;
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
  test(`receipt: ${what}`, () => assert.deepEqual(readReceipts(pdu, "same"), [receipt]));
}

test("a text from a phone, a receipt without an id and a receipt of nothing are no receipts", () => {
  for (const pdu of [
    deliverSm("id:7 stat:DELIVRD", [], 0),
    deliverSm(text(), [], 0x10),
    deliverSm("stat:DELIVRD"),
    deliverSm(""),
    deliverSm("paid: 7"),
  ])
    assert.deepEqual(readReceipts(pdu, "same"), []);
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
    assert.equal(readReceipts(deliverSm(text({ id: inText })), receiptIds)[0]?.messageId, messageId);
    assert.equal(
      readReceipts(deliverSm("stat:DELIVRD", [[receiptedMessageId, `${response}\0`]]), receiptIds)[0]?.messageId,
      messageId,
    );
  });
}

/** As SMSCs and what stands before them write them; docs/smpp-receipts.md says where each was found. */
const inTheField: readonly (readonly [what: string, pdu: Pdu, receipts: readonly Receipt[]])[] = [
  [
    "no sub and no dlvrd",
    deliverSm("id:1526758174 submit date:1701240904 done date:1701240904 stat:DELIVRD err:000 text:hellow"),
    [{ messageId: "1526758174", status: "delivered" }],
  ],
  [
    "short counts, dates to the second",
    deliverSm("id:123A456B sub:1 dlvrd:1 submit date:170228142455 done date:170228142459 stat:DELIVRD err:0 text: hi"),
    [{ messageId: "123A456B", status: "delivered" }],
  ],
  [
    "spaces behind the colons",
    deliverSm("id: 77 sub: 001 dlvrd: 001 submit date: 2611230601 done date: 2611230602 stat: UNDELIV err: 5 text: x"),
    [{ messageId: "77", status: "undelivered", code: "UNDELIV 5" }],
  ],
  ["capitals", deliverSm("ID:77 SUB:001 STAT:Delivered ERR:000"), [{ messageId: "77", status: "delivered" }]],
  [
    "no space before sub",
    deliverSm("id:12345sub:001 dlvrd:001 stat:DELIVRD"),
    [{ messageId: "12345", status: "delivered" }],
  ],
  [
    "another order",
    deliverSm("stat:EXPIRED err:102 id:77"),
    [{ messageId: "77", status: "undelivered", code: "EXPIRED 102" }],
  ],
  [
    "a word of its own for the id",
    deliverSm("msgid:77 stat:FAILED"),
    [{ messageId: "77", status: "undelivered", code: "FAILED" }],
  ],
  ["buffered", deliverSm("id:77 stat:BUFFRED", [], 0x20), [{ messageId: "77", status: "queued", code: "BUFFRED" }]],
  ["no credit", deliverSm("id:77 stat:NOCRED"), [{ messageId: "77", status: "undelivered", code: "NOCRED" }]],
  ["a state by its number", deliverSm("id:77 stat:2 err:0"), [{ messageId: "77", status: "delivered" }]],
  [
    "an acknowledgement of the SME",
    deliverSm("id:77 stat:DELIVRD", [], 0x08),
    [{ messageId: "77", status: "delivered" }],
  ],
  [
    "all of appendix B, without a word of what it is",
    deliverSm(text({ id: "77" }), [], 0),
    [{ messageId: "77", status: "delivered" }],
  ],
  [
    "octets of UCS-2 under another data_coding",
    deliverSm("\0i\0d\0:\x007\x007\0 \0s\0t\0a\0t\0:\0D\0E\0L\0I\0V\0R\0D"),
    [{ messageId: "77", status: "delivered" }],
  ],
  [
    "UCS-2",
    deliverSm("\0i\0d\0:\x007\x007\0 \0s\0t\0a\0t\0:\0D\0E\0L\0I\0V\0R\0D", [], 4, 8),
    [{ messageId: "77", status: "delivered" }],
  ],
  [
    "several in one",
    deliverSm("id:77 stat:DELIVRD err:000 id:78 stat:UNDELIV err:001"),
    [
      { messageId: "77", status: "delivered" },
      { messageId: "78", status: "undelivered", code: "UNDELIV 001" },
    ],
  ],
  [
    "a TLV without its NUL",
    deliverSm("", [
      [receiptedMessageId, "77"],
      [messageState, "\u0002"],
    ]),
    [{ messageId: "77", status: "delivered" }],
  ],
];
for (const [what, pdu, receipts] of inTheField)
  test(`receipt in the field: ${what}`, () => assert.deepEqual(readReceipts(pdu, "same"), receipts));

test("a text that names thousands of messages is read as five hundred receipts, the first ones", () => {
  const message = Array.from({ length: 10_000 }, (_, n) => `id:${n} `).join("");
  const receipts = readReceipts({ esm_class: 4, message_payload: { message } } as unknown as Pdu, "same");
  assert.deepEqual([receipts.length, receipts[0]?.messageId, receipts.at(-1)?.messageId], [500, "0", "499"]);
});
