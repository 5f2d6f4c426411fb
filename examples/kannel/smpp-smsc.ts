/**
 * The few PDUs of SMPP 3.4 that an SMSC needs to take messages (SMPP v3.4 Issue 1.2, §4 and §5.2.19): Kannel binds as
 * transceiver, each submit_sm is answered, its parts are joined, and its octets read in the alphabet that data_coding
 * names. One that asks for a receipt gets it, delivered, right behind the answer (appendix B). For this example only.
 *
 *   node smpp-smsc.ts PORT FOLDER
 */
import { createServer, type Socket } from "node:net";
import { createInbox } from "./inbox.ts";

const [port = "", folder = ""] = process.argv.slice(2);
const receive = createInbox(folder);
const command = { bindTransceiver: 9, submitSm: 4, deliverSm: 5, enquireLink: 0x15, unbind: 6, response: 0x8000_0000 };
/**
 * 3GPP TS 23.038 §6.2.1: the position is the octet; its extension table follows. Typed apart from the server's, as a
 * second witness.
 */
const basic = [
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ",
  " !\"#¤%&'()*+,-./0123456789:;<=>?",
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§",
  "¿abcdefghijklmnopqrstuvwxyzäöñüà",
].join("");
const extended = new Map(
  Object.entries({ 10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€" }),
);
const waiting = new Map<string, Buffer[]>();
let messageId = 0;

createServer((socket) => {
  let unread = Buffer.alloc(0);
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    unread = Buffer.concat([unread, bytes]);
    while (unread.length >= 16 && unread.length >= unread.readUInt32BE(0)) {
      const length = unread.readUInt32BE(0);
      answer(socket, unread.subarray(0, length));
      unread = unread.subarray(length);
    }
  });
}).listen(Number(port), "127.0.0.1", () => console.log(`SMPP SMSC: listens on port ${port}`));

function answer(socket: Socket, pdu: Buffer): void {
  const id = pdu.readUInt32BE(4);
  if (id >= command.response) return;
  let body = Buffer.alloc(0);
  let receipt: Buffer = Buffer.alloc(0);
  if (id === command.bindTransceiver) {
    body = Buffer.from("antryk\0");
    console.log("SMPP SMSC: Kannel is bound");
  } else if (id === command.submitSm) {
    messageId += 1;
    const { to, reporting } = takeSubmit(pdu);
    body = Buffer.from(`${messageId}\0`);
    if (reporting) receipt = encodeReceipt(String(messageId), to);
  }
  const known = [command.bindTransceiver, command.submitSm, command.enquireLink, command.unbind].includes(id);
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + body.length, 0);
  header.writeUInt32BE(known ? id + command.response : command.response, 4);
  header.writeUInt32BE(known ? 0 : 3, 8);
  header.writeUInt32BE(pdu.readUInt32BE(12), 12);
  socket.write(Buffer.concat([header, body, receipt]));
}

/** A deliver_sm with esm_class 4. Its dates are of no use to anybody here. */
function encodeReceipt(id: string, to: string): Buffer {
  const text = Buffer.from(
    `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:`,
  );
  const body = Buffer.concat([
    Buffer.from([0, 1, 1]),
    Buffer.from(`${to.slice(1)}\0`),
    Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, text.length]),
    text,
  ]);
  const pdu = Buffer.alloc(16);
  pdu.writeUInt32BE(16 + body.length, 0);
  pdu.writeUInt32BE(command.deliverSm, 4);
  pdu.writeUInt32BE(messageId, 12);
  return Buffer.concat([pdu, body]);
}

function takeSubmit(pdu: Buffer): { to: string; reporting: boolean } {
  let position = 16;
  const octet = () => pdu.readUInt8(position++);
  const cString = () => {
    const end = pdu.indexOf(0, position);
    const value = pdu.toString("latin1", position, end);
    position = end + 1;
    return value;
  };
  const address = () => {
    const international = octet() === 1;
    octet();
    return (international ? "+" : "") + cString();
  };
  cString(); // service_type
  address(); // source
  const to = address();
  const esmClass = octet();
  position += 2; // protocol_id, priority_flag
  cString(); // schedule_delivery_time
  const validity = cString();
  const reporting = (octet() & 3) === 1; // registered_delivery
  octet(); // replace_if_present_flag
  const dataCoding = octet();
  octet(); // sm_default_msg_id
  const length = octet();
  let octets = pdu.subarray(position, position + length);
  let parts = 1;
  if (esmClass & 0x40) {
    const header = octets.subarray(1, 1 + (octets[0] ?? 0));
    octets = octets.subarray(1 + header.length);
    const [, , reference = 0, total = 1, index = 1] = header;
    const key = `${to} ${reference}`;
    const held = waiting.get(key) ?? [];
    held[index - 1] = Buffer.from(octets);
    waiting.set(key, held);
    if (Object.keys(held).length < total) return { to, reporting };
    waiting.delete(key);
    octets = Buffer.concat(held);
    parts = total;
  }
  const alphabet = dataCoding === 8 ? "UCS-2" : "GSM 7-bit";
  const text =
    dataCoding === 8 ? new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(octets) : fromGsm(octets);
  receive({
    to,
    text,
    how:
      `SMPP, data_coding ${dataCoding} (${alphabet}), ${parts} part${parts === 1 ? "" : "s"}, ` +
      `valid until ${validity || "-"}`,
  });
  return { to, reporting };
}

function fromGsm(octets: Buffer): string {
  let text = "";
  for (let index = 0; index < octets.length; index++) {
    const octet = octets[index] ?? 0;
    text += (octet === 0x1b ? extended.get(String(octets[++index])) : basic[octet]) ?? "\ufffd";
  }
  return text;
}
