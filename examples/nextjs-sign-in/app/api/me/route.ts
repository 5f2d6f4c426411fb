import { readCookie } from "../../../lib/session.ts";

export async function GET(request: Request) {
  const phone = readCookie(request, "phone");
  return phone ? Response.json({ phone }) : Response.json({ error: "signed_out" }, { status: 401 });
}
