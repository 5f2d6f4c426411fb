import { antryk, clientIp, refusal } from "../../../../lib/antryk.ts";
import { readCookie } from "../../../../lib/session.ts";

export async function POST(request: Request) {
  const { sms, serviceId } = antryk();
  const to = readCookie(request, "pending");
  if (!to) return Response.json({ error: "ask_for_a_code_first" }, { status: 400 });
  try {
    const { data } = await sms.resendOtp({ to, serviceId, clientIp: clientIp(request) });
    return Response.json({ expiresAt: data.expiresAt, resendAt: data.resendAt });
  } catch (error) {
    return refusal(error);
  }
}
