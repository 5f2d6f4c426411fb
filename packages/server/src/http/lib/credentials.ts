/** Two ways to authenticate: two headers, or two fields of the body (deprecated). Headers win. */
import type { IncomingHttpHeaders } from "node:http";
import type { Directory } from "../../callers/directory.ts";
import type { Access } from "../../model/account.ts";

export interface Authenticated {
  readonly access: Access;
  readonly accessKey: string;
  /** The older way was used. */
  readonly fromBody: boolean;
}

/** `undefined`: 401. One header alone counts as no credentials, whatever the body holds. */
export async function authenticate(
  directory: Directory,
  headers: IncomingHttpHeaders,
  body: Readonly<Record<string, unknown>> | undefined,
): Promise<Authenticated | undefined> {
  const accessHeader = headers["x-access-key"];
  const secretHeader = headers["x-secret-key"];
  const fromBody = accessHeader === undefined && secretHeader === undefined;
  const accessKey = fromBody ? body?.accessKey : accessHeader;
  const secretKey = fromBody ? body?.secretKey : secretHeader;
  if (typeof accessKey !== "string" || typeof secretKey !== "string") return undefined;
  const access = await directory.authenticate(accessKey, secretKey);
  return access && { access, accessKey, fromBody };
}
