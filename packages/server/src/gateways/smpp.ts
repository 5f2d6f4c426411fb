/**
 * Submits each message to an SMSC over SMPP 3.4 (Short Message Peer to Peer Protocol Specification v3.4, issue 1.2 of
 * 1999-10-12, once at smsforum.net, read 2026-11 in the tables of docs.melroselabs.com/docs/reference/smpp and of
 * Net::SMPP 1.19), bound as transceiver, through npm `smpp`.
 *
 * A PDU that was written and never answered is of unknown outcome. A long text is several short messages: if some of
 * them were taken and others not, the outcome is unknown too; its message id, and the receipt, are the first part's.
 * Texts of the GSM alphabet go as data_coding 0 in that alphabet, one septet an octet, which is what an SMSC's default
 * is unless it was set otherwise; others as UCS-2. The ids of India's DLT go as TLVs, its header as the source address.
 */
import { randomInt } from "node:crypto";
import { phoneSender, senderKind, senderOf, withoutPlus } from "./lib/sender.ts";
import { validitySeconds } from "./lib/settings.ts";
import type { Failed, OutgoingMessage, Provider, SendResult } from "./port.ts";
import { SmppLink } from "./smpp/link.ts";
import { idOfResponse, type ReceiptIds, readReceipts } from "./smpp/receipt.ts";
import { readSmppSettings, type SmppSettings, smppConfig, smppFields } from "./smpp/settings.ts";
import { toShortMessages } from "./smpp/text.ts";
import type { Taken } from "./smpp/window.ts";

export const provider: Provider = {
  id: "smpp",
  name: "SMPP 3.4",
  summary: "Submits each message to an SMSC over SMPP 3.4, on one connection that is kept up.",
  config: smppConfig,
  fields: smppFields,
  capabilities: { receipts: true, immediate: false },
  sender: phoneSender("from"),
  receiptsBy: { address: "none", proof: "connection" },
  dlt: "all ids",
  reference: { url: "https://docs.melroselabs.com/docs/reference/smpp", readOn: "2026-11" },
  notes: [
    "Receipts come on the same connection (`deliver_sm`), so no public address is needed. They find their " +
      "message by its id, whatever its case, its leading zeros, and whether it is decimal in one place and " +
      "hexadecimal in the other; `--smpp-receipt-ids` says which base it is, should both be possible.",
    "Each server process keeps its own connection, bound as transceiver. Make sure that the SMSC allows that " +
      "many binds.",
    "A message that was written and never answered, or of which only some parts were taken, has an unknown outcome.",
    "Texts of the GSM alphabet go as data_coding 0, others as UCS-2. If `_` or `@` arrive as other characters, the " +
      "SMSC reads data_coding 0 as Latin-1 or ASCII: set `--smpp-alphabet`. The receipt of a long text is that of its " +
      "first part.",
    "`smpps://` is TLS. With `smpp://` password and texts travel in clear: use a private network.",
  ],
  create: (config, { onReceipts }) => {
    const settings = readSmppSettings(config);
    const link = new SmppLink({
      ...settings.link,
      onDeliver: async (pdu) => {
        const receipts = readReceipts(pdu, settings.receiptIds);
        if (receipts.length > 0) await onReceipts?.(receipts);
      },
    });
    let reference = randomInt(0x1_0000);
    return {
      async send(message, signal) {
        const frame = {
          ...settings.frame,
          ...addressesOf(message, settings),
          ...validityOf(message, settings),
          ...dltOf(message, settings),
        };
        reference = (reference + 1) & 0xffff;
        const results = toShortMessages(message.text, settings.concatenation, reference, settings.alphabet).map(
          (text, index) =>
            link.submit({ ...frame, ...text, registered_delivery: onReceipts && index === 0 ? 1 : 0 }, signal),
        );
        return resultOf(await Promise.all(results), settings.receiptIds);
      },
      close: () => link.close(),
    };
  },
};

function addressesOf(
  message: OutgoingMessage,
  { from, sourceTon, sourceNpi }: SmppSettings,
): Readonly<Record<string, unknown>> {
  const sender = senderOf(message, from);
  const [ton, npi] = usualPlan(sender);
  // What is set for the gateway's own sender is not right for one of another kind.
  const isSet = from === "" || senderKind(from) === senderKind(sender);
  return {
    source_addr_ton: (isSet ? sourceTon : undefined) ?? ton,
    source_addr_npi: (isSet ? sourceNpi : undefined) ?? npi,
    source_addr: withoutPlus(sender),
    destination_addr: withoutPlus(message.to),
  };
}

/**
 * TON and NPI (§5.2.5, §5.2.6): a name is alphanumeric, a long number international, a short one of the SMSC's plan.
 */
function usualPlan(from: string): readonly [ton: number, npi: number] {
  if (from === "") return [0, 0];
  if (!/^\+?\d+$/.test(from)) return [5, 0];
  return from.length > 8 ? [1, 1] : [0, 0];
}

/** Less than a day from when the SMSC gets it: YYMMDDhhmmss, a tenth, and 00R (§7.1.1.2). */
function validityOf(message: OutgoingMessage, { validity }: SmppSettings): Readonly<Record<string, unknown>> {
  if (validity === "off") return {};
  const seconds = typeof validity === "number" ? validity * 60 : validitySeconds(message);
  const time = new Date(seconds * 1000).toISOString().slice(11, 19).replaceAll(":", "");
  return { validity_period: `000000${time}000R` };
}

function dltOf({ dlt }: OutgoingMessage, { dltChain }: SmppSettings): Readonly<Record<string, unknown>> {
  if (!dlt) return {};
  const { entityId, templateId } = dlt;
  return {
    dlt_entity_id: entityId,
    dlt_template_id: templateId,
    ...(dltChain === undefined ? {} : { dlt_chain_hash: dltChain }),
  };
}

/** All parts taken: accepted. None: the first's refusal. Else some part may show on the phone. */
function resultOf(parts: readonly (Taken | Failed)[], receiptIds: ReceiptIds): SendResult {
  const [first] = parts;
  const failed = parts.find((part) => part.outcome === "failed");
  if (failed) {
    const left = parts.some((part) => part.outcome === "taken" || part.ambiguous);
    return { ...failed, ambiguous: left };
  }
  const id = first?.outcome === "taken" ? first.messageId : undefined;
  return {
    outcome: "accepted",
    ...(id === undefined ? {} : { messageId: idOfResponse(id, receiptIds) }),
    segments: parts.length,
  };
}
