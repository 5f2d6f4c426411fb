import { normalizeOtp } from "@antryk/sdk";
import { antryk, jsonBody, refusal } from "../../../../lib/antryk.ts";
import { readCookie, setCookie } from "../../../../lib/session.ts";

export async function POST(request: Request) {
  const { sms, serviceId } = antryk();
  // The number that the code was sent to, not one that the client says: that could be anybody's.
  const to = readCookie(request, "pending");
  if (!to) return Response.json({ error: "ask_for_a_code_first" }, { status: 400 });
  try {
    const otp = normalizeOtp((await jsonBody(request)).otp);
    const { data } = await sms.verifyOtp({ to, serviceId, otp });
    // Not `success`: that is true for a wrong code as well.
    if (!data.valid)
      return Response.json({ error: "wrong_code", attemptsRemaining: data.attemptsRemaining }, { status: 400 });
    // A new cookie, made only now: no value that was known before is signed in.
    return Response.json({ signedIn: true }, { headers: [setCookie("phone", data.to), setCookie("pending")] });
  } catch (error) {
    return refusal(error);
  }
}
