/** What is used of npm `smpp` 0.5.1, which brings no types: its PDUs. Frames are ours (frames.ts). */
declare module "smpp" {
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
    toBuffer(): Buffer;
  }

  /** How a parameter stands in a PDU. Reading beyond the end may throw. */
  export interface ParameterType {
    read(bytes: Buffer, offset: number, length?: number): unknown;
    size(value: unknown): number;
  }

  const library: {
    readonly PDU: {
      new (command: string, parameters?: Readonly<Record<string, unknown>>): Pdu;
      /** Reads one whole PDU; may throw. */
      new (bytes: Buffer): Pdu;
    };
    readonly commands: Readonly<
      Record<string, { readonly params?: Readonly<Record<string, { readonly type: ParameterType }>> }>
    >;
    readonly commandsById: Readonly<Record<number, { readonly command: string } | undefined>>;
    readonly tlvsById: Readonly<Record<number, { readonly tag: string; readonly type: ParameterType } | undefined>>;
    /** `default`: how a text of data_coding 0 is read. Process-wide. */
    readonly encodings: { default: string };
    readonly types: {
      readonly buffer: ParameterType;
      readonly tlv: {
        readonly string: ParameterType;
        readonly cstring: ParameterType;
        readonly int8: ParameterType;
        readonly int16: ParameterType;
        readonly int32: ParameterType;
      };
    };
    /** Process-wide. */
    addTLV(name: string, definition: { readonly id: number; readonly type: ParameterType }): void;
  };
  export default library;
}
