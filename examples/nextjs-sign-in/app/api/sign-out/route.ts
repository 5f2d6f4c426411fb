import { setCookie } from "../../../lib/session.ts";

export async function POST() {
  return Response.json({ signedIn: false }, { headers: [setCookie("phone"), setCookie("pending")] });
}
