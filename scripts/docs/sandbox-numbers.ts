/** The sandbox's numbers, from the contract. */
import { errorRow, errorsWithoutNumber, type SandboxNumber, sandboxLines } from "@antryk/contract";
import { code, table } from "./markdown.ts";

function answerOf({ operation, error, mayHaveBeenSent, receipt }: SandboxNumber): string {
  if (error === undefined) return `a send is answered 200, and the receipt says ${code(receipt ?? "")}`;
  const more = mayHaveBeenSent ? ", `mayHaveBeenSent: true`; its code verifies" : "";
  const wrong = error === "otp_invalid" ? "; a right code verifies" : "";
  return `${code(operation)} answers ${errorRow(error).status} ${code(error)}${more}${wrong}`;
}

export const sandboxSections = {
  "sandbox-numbers": () => {
    const rows = Object.entries(sandboxLines).map(([line, row]) => [code(`+1202555${line}`), answerOf(row)]);
    const without = Object.entries(errorsWithoutNumber).map(([type, why]) => `${code(type)} (${why})`);
    return `${table(["number", "what happens"], rows)}\n\nNo number causes ${without.join(", ")}.`;
  },
};
