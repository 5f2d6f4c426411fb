/** Which numbers of a service are test numbers now. No I/O. */
import type { Service, TestNumber } from "../model/service.ts";

/** `recipient`: in the spelling that it is known by. Undefined: it is a number as any other. */
export function testNumberOf(
  { testNumbers }: Pick<Service, "testNumbers">,
  recipient: string,
  now: number,
): TestNumber | undefined {
  return testNumbers.find(({ number, until }) => number === recipient && now < until);
}

/** What a fixed code is sealed for: it opens for no other number, and no other service. */
export function testCodeContext(serviceId: string, recipient: string): string {
  return `test code ${serviceId} ${recipient}`;
}
