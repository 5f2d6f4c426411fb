/** A section for each kind of gateway and one that compares them, from their own metadata. */
import { settingFlag } from "../../packages/server/src/administration/provider-settings.ts";
import type { ConfigField, Provider } from "../../packages/server/src/gateways/port.ts";
import { providers } from "../../packages/server/src/gateways/registry.ts";
import { code, table } from "./markdown.ts";

/** Where the page of a provider is, and the name of the section that is made there. */
export function gatewayPage(id: string): { readonly path: string; readonly section: string } {
  return { path: `docs/gateways/${id}.md`, section: `gateway-${id}` };
}

/** A page with nothing but its made section, for a provider that has none yet. */
export function newGatewayPage({ id, name }: Provider): string {
  return `# ${name}\n\n<!-- made from the code: ${gatewayPage(id).section} -->\n<!-- end of what is made -->\n`;
}

/** What a documented command gives for a setting: its example, or the variable that holds the secret. */
export function exampleOf(id: string, { name, secret, example }: ConfigField): string {
  return example ?? (secret ? `env:${settingFlag(id, name).slice(2).replaceAll("-", "_").toUpperCase()}` : "…");
}

const receiptAddress = (id: string) => `https://YOUR-SERVER/receipts/${id}/TOKEN`;

const proofs = {
  signature: "their signature, and the token in their address",
  "signature if a secret is set": "their signature if a secret is set, and the token in their address",
  token: "the token in their address",
  connection: "the connection that they come on",
} as const;

const addresses = {
  "per message": "given with each message",
  registered: "registered by you with the gateway",
  none: "none is needed",
} as const;

function addCommand({ id, fields }: Provider): string {
  const given = fields.filter(({ required, make }) => required && !make);
  const flags = given.map((field) => `${settingFlag(id, field.name)} ${exampleOf(id, field)}`);
  return `\`\`\`bash\n${[`npx antryk gateway add ${id} --provider ${id}`, ...flags].join(" \\\n  ")}\n\`\`\``;
}

function settingsText({ id, fields }: Provider): string {
  if (fields.length === 0) return "It has no settings.";
  const rows = fields.map(({ name, label, help, required, secret }) => [
    code(settingFlag(id, name)),
    label,
    help,
    required ? "yes" : "no",
    secret ? "yes" : "no",
  ]);
  return table(["flag", "setting", "what it is", "needed", "secret"], rows);
}

function receiptsText({ id, receiptsBy }: Provider): string {
  if (!receiptsBy)
    return "No receipts are taken: `deliveries` shows what the gateway took, not what the phone received.";
  const proof = `What is checked: ${proofs[receiptsBy.proof]}.`;
  if (receiptsBy.address === "none") return `They come on the connection that messages go out on. ${proof}`;
  const how =
    receiptsBy.address === "per message"
      ? "Each message gives the gateway the address, once `ANTRYK_PUBLIC_URL` says where this server can be reached."
      : "Register the address with the gateway. `antryk gateway list` prints it, " +
        "once `ANTRYK_PUBLIC_URL` says where this server can be reached.";
  return `${how} It is\n\n\`\`\`text\n${receiptAddress(id)}\n\`\`\`\n\n${proof}`;
}

const named = "what the service or route [names](../delivery.md#senders)";

function gatewayText(provider: Provider): string {
  const { id, summary, receiptsBy, sender, dlt, reference, notes = [] } = provider;
  const facts = [
    ["delivery receipts", receiptsBy ? `yes; their address: ${addresses[receiptsBy.address]}` : "no"],
    ["sender", sender ? `${sender.setting ? `${code(settingFlag(id, sender.setting))}, or ` : ""}${named}` : "none"],
    ["India's DLT", dlt ?? "-"],
    ...(reference ? [["built from", `${reference.url}, read ${reference.readOn}`]] : []),
  ];
  return [
    summary,
    table(["what", "how"], facts),
    ...(notes.length > 0 ? ["## Good to know", notes.map((note) => `- ${note}`).join("\n")] : []),
    "## Add it",
    addCommand(provider),
    `Then name it in a route: \`antryk service update SERVICE --route "*=${id}"\`, ` +
      `and test it: \`antryk gateway test ${id} --to +919876543210\`.`,
    "## Settings",
    settingsText(provider),
    "## Receipts",
    receiptsText(provider),
  ].join("\n\n");
}

function comparison(): string {
  const rows = [...providers.values()].map(({ id, name, receiptsBy, dlt }) => [
    `[${name}](${id}.md)`,
    code(id),
    receiptsBy ? "yes" : "no",
    receiptsBy ? addresses[receiptsBy.address] : "-",
    receiptsBy?.proof ?? "-",
    dlt ?? "-",
  ]);
  return table(["gateway", "`--provider`", "receipts", "their address", "checked by", "India's DLT"], rows);
}

export const gatewaySections: Readonly<Record<string, () => string>> = {
  gateways: comparison,
  ...Object.fromEntries(
    [...providers.values()].map((provider) => [gatewayPage(provider.id).section, () => gatewayText(provider)]),
  ),
};
