/** What is used of npm `smpp` 0.5.1, which brings no types. */
declare module "smpp" {
  import type { EventEmitter } from "node:events";
  import type { Socket } from "node:net";

  /**
   * A PDU as the library reads and writes it: its parameters and TLVs are members by their names in the specification.
   */
  export interface Pdu {
    readonly command: string;
    readonly command_status: number;
    readonly sequence_number: number;
    readonly [parameter: string]: unknown;
    isResponse(): boolean;
    response(parameters?: Readonly<Record<string, unknown>>): Pdu;
  }

  /** One connection. It emits `pdu`, `error` (of the socket, and of bytes that are no PDU) and `close`. */
  export interface Session extends EventEmitter {
    /** False if the socket takes no more. */
    send(pdu: Pdu): boolean;
  }

  const library: {
    readonly Session: new (options: { readonly socket: Socket }) => Session;
    readonly PDU: new (command: string, parameters?: Readonly<Record<string, unknown>>) => Pdu;
    /** `default`: how a text of data_coding 0 is read. Process-wide. */
    readonly encodings: { default: string };
    readonly types: { readonly tlv: { readonly string: object } };
    /** Process-wide. */
    addTLV(name: string, definition: { readonly id: number; readonly type: object }): void;
  };
  export default library;
}
