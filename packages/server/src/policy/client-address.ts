/** The end user's address, if the caller passes it. */
import ipaddr from "ipaddr.js";

/** What a client's limits count by: an IPv4 address, or an IPv6 customer's /64. `undefined`: not an address. */
export function clientSubject(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > 64 || value.includes("%") || !ipaddr.isValid(value)) return undefined;
  if (!value.includes(":") && !ipaddr.IPv4.isValidFourPartDecimal(value)) return undefined;
  const address = ipaddr.process(value);
  if (address.kind() === "ipv4") return address.toString();
  const network = address.toByteArray().fill(0, 8);
  return `${ipaddr.fromByteArray(network).toString()}/64`;
}
