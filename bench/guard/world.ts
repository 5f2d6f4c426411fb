/** Where people and pumpers are: countries with their mobile numbers, and networks of addresses. */
import type { Random } from "./random.ts";

export interface Country {
  readonly code: string;
  /** Beginnings of its mobile numbers; random digits follow. */
  readonly beginnings: readonly string[];
  readonly digits: number;
  /** What a message costs, in euros: of the order of published prices of 2025. */
  readonly price: number;
}

const country = (code: string, beginnings: string, digits: number, price: number): Country => ({
  code,
  beginnings: beginnings.split(" "),
  digits,
  price,
});

/** Countries with users. */
export const markets: readonly Country[] = [
  country("IN", "+9170 +9180 +9190 +9198 +9199", 8, 0.004),
  country("US", "+12125 +13105 +14155 +16465 +17135 +19175", 6, 0.008),
  country("GB", "+4474 +4475 +4477 +4478 +4479", 8, 0.04),
  country("DE", "+49151 +49157 +49170 +49176", 8, 0.08),
  country("FR", "+3361 +3362 +3366 +3367", 7, 0.07),
  country("BR", "+55119 +55219 +55319", 8, 0.02),
  country("ID", "+62812 +62813 +62852", 8, 0.3),
  country("NG", "+234803 +234806 +234813", 7, 0.25),
  country("ES", "+3461 +3462 +3465", 7, 0.06),
  country("PL", "+4850 +4860 +4869", 7, 0.04),
  country("MX", "+5255 +5281 +5233", 8, 0.04),
  country("PH", "+63917 +63918 +63927", 7, 0.12),
];

/** Countries whose numbers are pumped: dear, and with few users of most services. */
export const havens: readonly Country[] = [
  country("LV", "+37120 +37126 +37129", 6, 0.09),
  country("EE", "+37250 +37253 +37256", 6, 0.1),
  country("KG", "+99655 +99670 +99677", 7, 0.24),
  country("TJ", "+99290 +99293 +99298", 7, 0.31),
  country("UZ", "+99890 +99893 +99897", 7, 0.26),
  country("DZ", "+21355 +21366 +21377", 7, 0.28),
  country("TN", "+21620 +21650 +21698", 6, 0.26),
  country("BD", "+880171 +880181 +880191", 7, 0.29),
  country("LK", "+94711 +94771 +94761", 6, 0.28),
  country("SN", "+22177 +22176 +22178", 7, 0.27),
  country("AZ", "+99450 +99455 +99470", 7, 0.33),
  country("MG", "+26132 +26133 +26134", 7, 0.34),
];

/** A number of the country's, anywhere. */
export function anyNumber({ beginnings, digits }: Country, random: Random): string {
  return `${random.one(beginnings)}${random.digits(digits)}`;
}

/** A /24 of IPv4 addresses, by number. */
export function addressIn(network: number, random: Random): string {
  const first = 11 + (network % 180);
  return `${first}.${Math.floor(network / 180) % 256}.${Math.floor(network / 46_080) % 256}.${random.whole(1, 254)}`;
}
