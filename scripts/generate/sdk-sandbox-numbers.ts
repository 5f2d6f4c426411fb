/** The sandbox's numbers for the SDK's fake, from the contract: it can't read them there. */
import { sandboxLines, sandboxPattern } from "@antryk/contract";

const file = "packages/sdk/src/generated/sandbox-numbers.ts";

function numbers(): string {
  const rows = Object.entries(sandboxLines).map(([line, row]) => {
    const cells = Object.entries(row).map(([name, value]) => `${name}: ${JSON.stringify(value)}`);
    return `  "${line}": { ${cells.join(", ")} },\n`;
  });
  return `// Made from packages/contract/src/sandbox-numbers.ts by \`npm run generate\`; what is written here by hand is lost.
import type { DeliveryAttempt } from "../types.ts";
import type { ErrorType } from "./error-rows.ts";

/** What a number of the sandbox does. */
export interface SandboxNumber {
  readonly operation: "send-otp" | "verify-otp";
  readonly error?: ErrorType;
  readonly mayHaveBeenSent?: true;
  readonly receipt?: NonNullable<DeliveryAttempt["receipt"]>["status"];
}

/** By the last four digits. */
export const sandboxLines: { readonly [line: string]: SandboxNumber } = {
${rows.join("")}};

export const sandboxPattern: RegExp = ${sandboxPattern};
`;
}

export const sdkSandboxFiles: Readonly<Record<string, () => string>> = { [file]: numbers };
