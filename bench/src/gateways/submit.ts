/** What the run must know of a submit_sm (SMPP 3.4, §4.4.1). */

export interface Submitted {
  /** Digits, without a plus. */
  readonly to: string;
  /** Octets as Latin-1: right for digits in the SMSC's default alphabet. */
  readonly text: string;
}

/** `body`: what follows the header. */
export function readSubmit(body: Buffer): Submitted {
  let at = 0;
  const string = () => {
    const end = body.indexOf(0, at);
    const text = body.toString("latin1", at, end);
    at = end + 1;
    return text;
  };
  string(); // service_type
  at += 2; // source_addr_ton, source_addr_npi
  string(); // source_addr
  at += 2; // dest_addr_ton, dest_addr_npi
  const to = string();
  at += 3; // esm_class, protocol_id, priority_flag
  string(); // schedule_delivery_time
  string(); // validity_period
  at += 4; // registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id
  const length = body.readUInt8(at);
  return { to, text: body.toString("latin1", at + 1, at + 1 + length) };
}
