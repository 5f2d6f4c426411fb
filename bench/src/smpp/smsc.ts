/** A process of its own for the SMPP measurement: an SMSC that takes every message at once. Tells its port on the first line. */
import { createServer } from "node:net";

const bindTransceiver = 9;
const submit = 4;
const unbind = 6;
const enquireLink = 0x15;

const server = createServer((socket) => {
  let unread: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    const read = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
    const replies: Buffer[] = [];
    let at = 0;
    while (read.length - at >= 16 && read.length - at >= read.readUInt32BE(at)) {
      const reply = answer(read.readUInt32BE(at + 4), read.readUInt32BE(at + 12));
      if (reply) replies.push(reply);
      at += read.readUInt32BE(at);
    }
    unread = read.subarray(at);
    if (replies.length > 0) socket.write(Buffer.concat(replies));
  });
});

let taken = 0;
function answer(command: number, sequence: number): Buffer | undefined {
  if (command === submit) {
    taken += 1;
    return encode(command, sequence, `${taken}\0`);
  }
  if (command === bindTransceiver) return encode(command, sequence, "bench\0");
  return command === unbind || command === enquireLink ? encode(command, sequence, "") : undefined;
}

function encode(command: number, sequence: number, body: string): Buffer {
  const pdu = Buffer.alloc(16 + body.length);
  pdu.writeUInt32BE(pdu.length, 0);
  pdu.writeUInt32BE(command + 0x8000_0000, 4);
  pdu.writeUInt32BE(sequence, 12);
  pdu.write(body, 16, "latin1");
  return pdu;
}

process.on("message", () => process.send?.(taken));
process.on("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.(address && typeof address === "object" ? address.port : 0);
});
