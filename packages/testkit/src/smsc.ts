/**
 * A small SMSC on a real socket that behaves as a test sets it. It reads and writes SMPP 3.4 by itself, without the
 * library that the gateway uses, so that both ends can't share a mistake.
 */
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { resetSocket } from "./net/reset.ts";

export const command = {
  genericNack: 0x8000_0000,
  submitSm: 4,
  deliverSm: 5,
  unbind: 6,
  bindTransceiver: 9,
  enquireLink: 0x15,
  dataSm: 0x103,
};
const response = 0x8000_0000;

/** A PDU as it came: its body is what follows the header. */
export interface RawPdu {
  readonly id: number;
  readonly status: number;
  readonly sequence: number;
  readonly body: Buffer;
}

/** A submit_sm, read. */
export interface Submit {
  readonly from: string;
  readonly fromPlan: readonly [ton: number, npi: number];
  readonly to: string;
  readonly toPlan: readonly [ton: number, npi: number];
  readonly esmClass: number;
  readonly validity: string;
  readonly registered: number;
  readonly coding: number;
  readonly octets: Buffer;
  /** By tag. */
  readonly tlvs: ReadonlyMap<number, Buffer>;
}

/** What a submit_sm gets: a command_status, the id that it is taken under, or neither, and the connection's fate. */
export type Answer = number | { readonly id: string } | "nothing" | "cut";

export interface SmscOptions {
  readonly tls?: TlsOptions;
  /** Of the bind, which may also go unanswered. */
  readonly bindStatus?: () => number | "nothing";
  /** Whether enquire_link is answered. */
  readonly enquired?: () => boolean;
  /** `nth` counts from 1. */
  readonly answer?: (submit: Submit, nth: number) => Answer;
}

export class TestSmsc implements AsyncDisposable {
  readonly submits: Submit[] = [];
  /** Ids of what was answered as taken, oldest first. */
  readonly taken: string[] = [];
  /** Everything that came, oldest first. */
  readonly received: RawPdu[] = [];
  /** Called with everything that comes. */
  onPdu: (pdu: RawPdu) => void = () => undefined;
  answer: NonNullable<SmscOptions["answer"]>;
  readonly #options: SmscOptions;
  readonly #server: ReturnType<typeof createServer>;
  readonly #sockets = new Set<Socket>();
  #sequence = 0;
  #disposed = false;

  constructor(options: SmscOptions = {}) {
    this.#options = options;
    this.answer = options.answer ?? ((_, nth) => ({ id: String(nth) }));
    const serve = (socket: Socket): void => this.#serve(socket);
    this.#server = options.tls ? createTlsServer(options.tls, serve) : createServer(serve);
  }

  /** On a free port unless one is given. */
  async listen(port = 0): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return this;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    return address.port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  countOf(id: number): number {
    return this.received.filter((pdu) => pdu.id === id).length;
  }

  /** To every bound connection. */
  deliver(body: Buffer, id = command.deliverSm): void {
    this.#sequence += 1;
    for (const socket of this.#sockets) socket.write(encodePdu(id, 0, this.#sequence, body));
  }

  /** Any bytes, to every connection. */
  write(bytes: Buffer): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.#sockets) resetSocket(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    // One that was in the backlog would keep the server from closing.
    if (this.#disposed) socket.destroy();
    this.#sockets.add(socket);
    let unread: Buffer = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("data", (bytes) => {
      unread = Buffer.concat([unread, bytes]);
      const replies: Buffer[] = [];
      while (unread.length >= 16 && unread.length >= unread.readUInt32BE(0)) {
        const length = unread.readUInt32BE(0);
        const reply = this.#receive(readPdu(unread.subarray(0, length)), socket);
        if (reply) replies.push(reply);
        unread = unread.subarray(length);
      }
      if (replies.length > 0 && socket.writable) socket.write(Buffer.concat(replies));
    });
  }

  #receive(pdu: RawPdu, socket: Socket): Buffer | undefined {
    const { id, sequence, body } = pdu;
    this.received.push(pdu);
    this.onPdu(pdu);
    const reply = (status: number, text = ""): Buffer =>
      encodePdu(id + response, status, sequence, status ? Buffer.alloc(0) : cString(text));
    if (id >= response) return undefined;
    if (id === command.bindTransceiver) {
      const status = this.#options.bindStatus?.() ?? 0;
      return status === "nothing" ? undefined : reply(status, "smsc");
    }
    if (id === command.enquireLink)
      return this.#options.enquired?.() === false ? undefined : encodePdu(id + response, 0, sequence);
    if (id === command.unbind) return encodePdu(id + response, 0, sequence);
    if (id !== command.submitSm) return encodePdu(command.genericNack, 3, sequence);
    const submit = readSubmit(body);
    this.submits.push(submit);
    const answer = this.answer(submit, this.submits.length);
    if (answer === "cut") resetSocket(socket);
    if (typeof answer === "string") return undefined;
    if (typeof answer === "number") return reply(answer);
    this.taken.push(answer.id);
    return reply(0, answer.id);
  }
}

export function cString(text: string): Buffer {
  return Buffer.from(`${text}\0`, "latin1");
}

export function encodePdu(id: number, status: number, sequence: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(16);
  for (const [index, value] of [16 + body.length, id, status, sequence].entries())
    header.writeUInt32BE(value >>> 0, index * 4);
  return Buffer.concat([header, body]);
}

/** The body of a deliver_sm. */
export function encodeDeliver(
  esmClass: number,
  octets: Buffer,
  tlvs: readonly (readonly [tag: number, value: Buffer])[] = [],
  coding = 0,
): Buffer {
  const address = (number: string): Buffer => Buffer.concat([Buffer.from([1, 1]), cString(number)]);
  const parts = [
    cString(""),
    address("919876543210"),
    address("12345"),
    Buffer.from([esmClass, 0, 0]),
    cString(""),
    cString(""),
  ];
  const rest = [
    Buffer.from([0, 0, coding, 0, octets.length]),
    octets,
    ...tlvs.map(([tag, value]) => encodeTlv(tag, value)),
  ];
  return Buffer.concat([...parts, ...rest]);
}

/** An optional parameter. */
export function encodeTlv(tag: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(tag, 0);
  head.writeUInt16BE(value.length, 2);
  return Buffer.concat([head, value]);
}

function readPdu(bytes: Buffer): RawPdu {
  const [id, status, sequence] = [4, 8, 12].map((offset) => bytes.readUInt32BE(offset));
  return { id: id ?? 0, status: status ?? 0, sequence: sequence ?? 0, body: Buffer.from(bytes.subarray(16)) };
}

function readSubmit(body: Buffer): Submit {
  let offset = 0;
  const octet = (): number => body.readUInt8(offset++);
  const text = (): string => {
    const end = body.indexOf(0, offset);
    const value = body.toString("latin1", offset, end);
    offset = end + 1;
    return value;
  };
  text();
  const fromPlan = [octet(), octet()] as const;
  const from = text();
  const toPlan = [octet(), octet()] as const;
  const to = text();
  const esmClass = octet();
  offset += 2;
  text();
  const validity = text();
  const registered = octet();
  offset += 1;
  const coding = octet();
  offset += 1;
  const length = octet();
  const octets = body.subarray(offset, offset + length);
  offset += length;
  const tlvs = new Map<number, Buffer>();
  while (offset < body.length) {
    const size = body.readUInt16BE(offset + 2);
    tlvs.set(body.readUInt16BE(offset), body.subarray(offset + 4, offset + 4 + size));
    offset += 4 + size;
  }
  return { from, fromPlan, to, toPlan, esmClass, validity, registered, coding, octets, tlvs };
}
