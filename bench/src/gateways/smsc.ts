/** A process that plays SMSCs: each takes every message at once. */

import type { AddressInfo } from "node:net";
import { createServer, type Socket } from "node:net";
import { answer } from "../processes/answer.ts";
import { readSubmit } from "./submit.ts";

export interface SmscOptions {
  /** Whether it gives each message an id; without one no receipt could name it. */
  readonly names?: boolean;
  /** Whether it keeps the code that each message says. */
  readonly keeps?: boolean;
}

const bindTransceiver = 9;
const submit = 4;
const unbind = 6;
const enquireLink = 0x15;

let taken = 0;
let codes = new Map<string, string>();

function serve(socket: Socket, options: SmscOptions): void {
  let unread: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("error", () => undefined);
  socket.on("data", (bytes) => {
    const read = unread.length === 0 ? bytes : Buffer.concat([unread, bytes]);
    const replies: Buffer[] = [];
    let at = 0;
    while (read.length - at >= 16 && read.length - at >= read.readUInt32BE(at)) {
      const reply = answerTo(read.subarray(at, at + read.readUInt32BE(at)), options);
      if (reply) replies.push(reply);
      at += read.readUInt32BE(at);
    }
    unread = read.subarray(at);
    if (replies.length > 0) socket.write(Buffer.concat(replies));
  });
}

function answerTo(pdu: Buffer, { names = false, keeps = false }: SmscOptions): Buffer | undefined {
  const command = pdu.readUInt32BE(4);
  const sequence = pdu.readUInt32BE(12);
  if (command === submit) {
    taken += 1;
    if (keeps) {
      const { to, text } = readSubmit(pdu.subarray(16));
      const code = /\d{4,}/.exec(text)?.[0];
      if (code !== undefined) codes.set(`+${to}`, code);
    }
    return encode(command, sequence, names ? `${taken}\0` : "\0");
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

/** Another SMSC; the answer is its URL. */
answer("listen", async (options: SmscOptions) => {
  const server = createServer((socket) => serve(socket, options));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `smpp://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

answer("taken", () => taken);

/** The codes since the last question, by recipient. */
answer("codes", () => {
  const kept = codes;
  codes = new Map();
  return kept;
});
process.channel?.ref();
