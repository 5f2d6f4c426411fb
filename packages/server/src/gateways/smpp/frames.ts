/**
 * PDUs on a connection to an SMSC. `command_length` says where one ends, whatever stands in it (SMPP v3.4 issue 1.2,
 * §3.2): one that can't be read is refused, and the next one is read as if nothing had been. Only a length that no PDU
 * has ends the connection, since nobody knows then where the next one begins.
 */
import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { ParameterType, Pdu } from "smpp";
import type { SmppLibrary } from "./loader.ts";

const headerBytes = 16;
/** Far above what a deliver_sm with a message_payload can take. */
const mostBytes = 128 * 1024;

/** command_status of what can't be read (§5.1.3). */
const invalidCommandLength = 0x02;
const invalidOptionalPart = 0xc0;
const invalidParameterLength = 0xc2;

/** A PDU that can't be read, as far as its header says what it is. */
export interface Unreadable {
  readonly commandId: number;
  readonly status: number;
  readonly sequence: number;
  /** What it is to be refused with. */
  readonly refusal: number;
}

interface FrameEvents {
  pdu: [Pdu];
  unreadable: [Unreadable];
  /** A fault of the socket, which has a code, or bytes that are no PDU. */
  error: [Error];
  close: [];
}

export class Frames extends EventEmitter<FrameEvents> {
  readonly #socket: Socket;
  readonly #library: SmppLibrary;
  #unread: Buffer[] = [];
  #unreadBytes = 0;
  /** What the next frame needs, so that octets that drip are put together once. */
  #wantedBytes = headerBytes;
  #sequence = 0;

  constructor(socket: Socket, library: SmppLibrary) {
    super();
    this.#socket = socket;
    this.#library = library;
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("error", (fault) => this.emit("error", fault));
    socket.on("close", () => this.emit("close"));
  }

  /** A request gets the next sequence number. False if the socket takes no more. */
  send(pdu: Pdu): boolean {
    if (!this.#socket.writable) return false;
    if (!pdu.isResponse() && pdu.sequence_number === 0) {
      this.#sequence = (this.#sequence % 0x7fff_ffff) + 1;
      Object.assign(pdu, { sequence_number: this.#sequence });
    }
    this.#socket.write(pdu.toBuffer());
    return true;
  }

  #take(bytes: Buffer): void {
    this.#unread.push(bytes);
    this.#unreadBytes += bytes.length;
    if (this.#unreadBytes < this.#wantedBytes) return;
    let rest = Buffer.concat(this.#unread);
    this.#wantedBytes = headerBytes;
    while (rest.length >= headerBytes) {
      const length = rest.readUInt32BE(0);
      if (length < headerBytes || length > mostBytes) {
        this.#unread = [];
        this.#unreadBytes = 0;
        this.emit("error", new Error("not the length of a PDU"));
        return;
      }
      this.#wantedBytes = length;
      if (rest.length < length) break;
      this.#read(rest.subarray(0, length));
      rest = rest.subarray(length);
      this.#wantedBytes = headerBytes;
    }
    this.#unread = [rest];
    this.#unreadBytes = rest.length;
  }

  #read(frame: Buffer): void {
    const read = readPdu(frame, this.#library);
    if (typeof read !== "number") {
      this.emit("pdu", read);
      return;
    }
    const [commandId = 0, status = 0, sequence = 0] = [4, 8, 12].map((offset) => frame.readUInt32BE(offset));
    this.emit("unreadable", { commandId, status, sequence, refusal: read });
  }
}

/** One whole PDU, or the command_status that says what is wrong with it. */
export function readPdu(frame: Buffer, library: SmppLibrary): Pdu | number {
  const texts: Record<string, string> = {};
  const refusal = refusalOf(frame, library, texts);
  if (refusal !== undefined) return refusal;
  try {
    return Object.assign(new library.PDU(frame), texts);
  } catch {
    return invalidCommandLength;
  }
}

/**
 * What is wrong with the PDU's parts, as its command_status; `undefined`: nothing that shows. `texts` gets the optional
 * parameters that are C-strings as far as they go: the library reads on until it finds a NUL.
 */
function refusalOf(frame: Buffer, library: SmppLibrary, texts: Record<string, string>): number | undefined {
  const command = library.commandsById[frame.readUInt32BE(4)];
  // One with an error has no body, and of a command that nobody knows it can't be said.
  if (!command || frame.readUInt32BE(8) !== 0) return undefined;
  let offset = headerBytes;
  try {
    for (const { type } of Object.values(library.commands[command.command]?.params ?? {})) {
      // Some responses leave out what stands at the end.
      if (offset >= frame.length) return offset > frame.length ? invalidCommandLength : undefined;
      // sm_length: the library reads what is there, however much it says.
      if (type === library.types.buffer && offset + 1 + frame.readUInt8(offset) > frame.length)
        return invalidCommandLength;
      offset += type.size(type.read(frame, offset));
    }
  } catch {
    return invalidCommandLength;
  }
  if (offset > frame.length) return invalidCommandLength;
  for (let length = 0; offset < frame.length; offset += 4 + length) {
    if (offset + 4 > frame.length) return invalidOptionalPart;
    length = frame.readUInt16BE(offset + 2);
    if (offset + 4 + length > frame.length) return invalidOptionalPart;
    const parameter = library.tlvsById[frame.readUInt16BE(offset)];
    const wanted = integerBytes(library, parameter?.type);
    if (wanted !== undefined && wanted !== length) return invalidParameterLength;
    if (parameter?.type === library.types.tlv.cstring) {
      const [text = ""] = frame.toString("latin1", offset + 4, offset + 4 + length).split("\0", 1);
      texts[parameter.tag] = text;
    }
  }
  return undefined;
}

/** How many octets an optional parameter has that is a number; `undefined` for those of any length. */
function integerBytes({ types }: SmppLibrary, type: ParameterType | undefined): number | undefined {
  if (type === types.tlv.int8) return 1;
  if (type === types.tlv.int16) return 2;
  return type === types.tlv.int32 ? 4 : undefined;
}
