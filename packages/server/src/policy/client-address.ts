/** The end user's address, if the caller passes it, and the networks that it lies in. */
import ipaddr from "ipaddr.js";

/** What a client's limits count by. */
export interface Client {
  /** An IPv4 address, or an IPv6 customer's /64. */
  readonly address: string;
  /** Wider networks that hold it, the widest last: IPv4 /24; IPv6 /56 and /48. */
  readonly networks: readonly string[];
}

/** `undefined`: not an address. */
export function clientOf(value: unknown): Client | undefined {
  if (typeof value !== "string" || value.length > 64 || value.includes("%") || !ipaddr.isValid(value)) return undefined;
  if (!value.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(value)) return undefined;
  const address = ipaddr.process(value);
  const bytes = address.toByteArray();
  if (address.kind() === "ipv4") return { address: address.toString(), networks: [networkOf(bytes, 24)] };
  return { address: networkOf(bytes, 64), networks: [networkOf(bytes, 56), networkOf(bytes, 48)] };
}

/** The widest network of an address: what the sends of strangers and of a number's owner are told apart by. */
export function widestOf({ networks }: Client): string | undefined {
  return networks.at(-1);
}

function networkOf(bytes: readonly number[], bits: number): string {
  const network = bytes.map((byte, index) => (index < bits / 8 ? byte : 0));
  return `${ipaddr.fromByteArray(network).toString()}/${bits}`;
}
