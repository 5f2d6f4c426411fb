/** The SDK's methods, from the contract's operations. */
import { operationNames, operations } from "@antryk/contract";
import { methodOf } from "../../packages/sdk/src/operations.ts";
import { code, table } from "./markdown.ts";

/** Names of a method's parameters; `?` follows those that may be left out. Credentials are the client's. */
function parametersOf(name: (typeof operationNames)[number]): string {
  const row = operations[name];
  if (row.method === "GET") return Object.keys(row.parameters).map(code).join(", ");
  const needed: readonly string[] = row.request.required;
  const names = Object.keys(row.request.properties).filter((each) => each !== "accessKey" && each !== "secretKey");
  return names.map((each) => code(needed.includes(each) ? each : `${each}?`)).join(", ");
}

export const sdkSections = {
  "sdk-methods": () =>
    table(
      ["`client.sms`", "parameters"],
      operationNames.map((name) => [code(methodOf(name)), parametersOf(name)]),
    ),
};
