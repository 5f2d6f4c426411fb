import { httpGatewayConformance } from "@antryk/testkit/gateways/http-kit";
import { devanagariMessage, gsm7Message } from "@antryk/testkit/gateways/rig";
import { provider } from "./http.ts";

const secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const { id, to, serviceId, verificationId } = gsm7Message;

httpGatewayConformance({
  provider,
  config: (baseUrl) => ({ url: `${baseUrl}/messages`, secret }),
  secrets: [secret, secret.slice("whsec_".length)],
  now: () => 1_793_000_000_000,
  request: {
    method: "POST",
    path: "/messages",
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": "1793000000",
      "webhook-signature": /^v1,[A-Za-z0-9+/]{43}=$/,
    },
    gsm7: { id, to, text: gsm7Message.text, serviceId, verificationId },
    devanagari: { id, to, text: devanagariMessage.text, serviceId, verificationId },
  },
  accepted: [
    { name: "200 with any body", status: 200, body: "<html>", result: { outcome: "accepted" } },
    { name: "204", status: 204, body: "", result: { outcome: "accepted" } },
  ],
  refused: [
    { name: "invalid_recipient", status: 400, body: { error: "invalid_recipient" }, class: "invalid_recipient" },
    { name: "recipient_blocked", status: 403, body: { error: "recipient_blocked" }, class: "blocked" },
    { name: "another error", status: 422, body: { error: "other" }, class: "rejected", detail: "HTTP 422" },
    {
      name: "an error beside 503 does not count",
      status: 503,
      body: { error: "invalid_recipient" },
      class: "unavailable",
    },
  ],
  any2xxIsAcceptance: "its contract: any 2xx is acceptance",
});
