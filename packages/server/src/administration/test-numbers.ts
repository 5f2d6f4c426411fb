/** Test numbers of a service, as operators change them. */
import { bounds, isOtp } from "@antryk/contract";
import type { Service, TestNumber } from "../model/service.ts";
import { testCodeContext } from "../policy/test-numbers.ts";
import { type Problem, problem, type Unknown } from "./outcomes.ts";
import type { Parts } from "./parts.ts";

export interface NewTestNumber {
  /** In the spelling that the recipient is known by. */
  readonly number: string;
  readonly code: string;
  /** Unix ms. */
  readonly until: number;
}

/** The number with its new code and end, if it was one already. `unknown`: there is no such service. */
export async function addTestNumber(
  { store, keyring }: Parts,
  serviceId: string,
  { number, code, until }: NewTestNumber,
): Promise<{ readonly kind: "test_number"; readonly testNumber: TestNumber } | Unknown | Problem> {
  const now = store.now();
  const outcome = await store.updateService<{ kind: "test_number"; testNumber: TestNumber } | Problem>(
    serviceId.toLowerCase(),
    (service) => {
      const wrong = codeProblem(code, service) ?? endProblem(until, now);
      if (wrong !== undefined) return { outcome: problem(wrong) };
      const others = service.testNumbers.filter((each) => each.number !== number && now < each.until);
      const { entries } = bounds.testNumbers;
      if (others.length >= entries)
        return { outcome: problem(`a service has ${entries} test numbers at most: remove one first`) };
      const sealedCode = keyring.seal(code, testCodeContext(service.id, number));
      const testNumber = { number, sealedCode, until };
      return {
        outcome: { kind: "test_number", testNumber },
        save: { ...service, testNumbers: [...others, testNumber] },
      };
    },
  );
  return outcome ?? { kind: "unknown" };
}

/** Whether there was one. Its codes that are out no longer verify. `unknown`: there is no such service. */
export async function removeTestNumber(
  { store }: Pick<Parts, "store">,
  serviceId: string,
  number: string,
): Promise<boolean | Unknown> {
  const removed = await store.updateService<boolean>(serviceId.toLowerCase(), (service) => {
    const testNumbers = service.testNumbers.filter((each) => each.number !== number);
    return testNumbers.length === service.testNumbers.length
      ? { outcome: false }
      : { outcome: true, save: { ...service, testNumbers } };
  });
  return removed ?? { kind: "unknown" };
}

/** A form may have a field for each digit. */
function codeProblem(code: string, { codeLength }: Service): string | undefined {
  if (isOtp(code) && code.length === codeLength) return undefined;
  return `the code must have ${codeLength} digits, as the service's codes have`;
}

function endProblem(until: number, now: number): string | undefined {
  if (now < until && until <= now + bounds.testNumbers.aheadMs) return undefined;
  return `the end must be a time to come, at most ${bounds.testNumbers.aheadMs / 86_400_000} days ahead`;
}
