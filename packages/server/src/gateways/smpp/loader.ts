/** npm `smpp`, loaded when the first link is made (most installations have none), and given what it does not know. */

/** Its module. */
export type SmppLibrary = typeof import("smpp").default;

/**
 * India's DLT ids. No standard gives them these tags; Indian operators and aggregators use them alike: the entity, the
 * template, and the hash of the chain from the entity to the telemarketer.
 */
const dltTags = { dlt_entity_id: 0x1400, dlt_template_id: 0x1401, dlt_chain_hash: 0x1402 };

export async function loadSmpp(): Promise<SmppLibrary> {
  const { default: library } = await import("smpp");
  // Receipts are ASCII in practice; read as GSM 7-bit an id would lose its "_" and "@".
  library.encodings.default = "LATIN1";
  for (const [name, id] of Object.entries(dltTags)) library.addTLV(name, { id, type: library.types.tlv.string });
  return library;
}
