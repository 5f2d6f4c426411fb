/**
 * Arrays in PostgreSQL's binary format, written as they grow: no text to build here and none to parse there.
 * (array_send in src/backend/utils/adt/arrayfuncs.c, PostgreSQL 18.)
 */

const oids = { int2: 21, int4: 23, int8: 20, text: 25, bytea: 17, uuid: 2950 } as const;
export type ElementType = keyof typeof oids;

const headerBytes = 20;
const span = 0x1_0000_0000;

export class Column {
  readonly #oid: number;
  #bytes = Buffer.allocUnsafeSlow(1_024);
  #end = headerBytes;
  #count = 0;

  constructor(type: ElementType) {
    this.#oid = oids[type];
  }

  int2(value: number): void {
    const at = this.#grow(2);
    this.#bytes.writeInt32BE(2, at);
    this.#bytes.writeInt16BE(value, at + 4);
  }

  int4(value: number): void {
    const at = this.#grow(4);
    this.#bytes.writeInt32BE(4, at);
    this.#bytes.writeInt32BE(value, at + 4);
  }

  /** A whole number, exact up to 2^53. */
  int8(value: number): void {
    const at = this.#grow(8);
    this.#bytes.writeInt32BE(8, at);
    this.#bytes.writeInt32BE(Math.floor(value / span), at + 4);
    this.#bytes.writeUInt32BE(value >>> 0, at + 8);
  }

  text(value: string): void {
    // A UTF-16 unit is at most three bytes in UTF-8.
    const at = this.#grow(value.length * 3);
    const length = this.#bytes.write(value, at + 4, "utf8");
    this.#bytes.writeInt32BE(length, at);
    this.#end = at + 4 + length;
  }

  bytea(value: Buffer): void {
    const at = this.#grow(value.length);
    this.#bytes.writeInt32BE(value.length, at);
    this.#bytes.set(value, at + 4);
  }

  uuid(value: string): void {
    const at = this.#grow(16);
    this.#bytes.writeInt32BE(16, at);
    this.#bytes.write(value.replaceAll("-", ""), at + 4, "hex");
  }

  get count(): number {
    return this.#count;
  }

  /** The array so far, good until the next element is added; the column is empty again. */
  take(): Buffer {
    const bytes = this.#bytes;
    bytes.writeInt32BE(this.#count === 0 ? 0 : 1, 0);
    bytes.writeInt32BE(0, 4);
    bytes.writeInt32BE(this.#oid, 8);
    if (this.#count === 0) return bytes.subarray(0, 12);
    bytes.writeInt32BE(this.#count, 12);
    bytes.writeInt32BE(1, 16);
    const array = bytes.subarray(0, this.#end);
    this.#count = 0;
    this.#end = headerBytes;
    return array;
  }

  /** Room for one more element of at most `bytes`; returns where it begins. */
  #grow(bytes: number): number {
    const at = this.#end;
    const end = at + 4 + bytes;
    if (end > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#count += 1;
    this.#end = end;
    return at;
  }
}
