/** What an operator may see of one gateway: its settings, the names of its secrets, and the services that use it. */
import { providers } from "../gateways/registry.ts";
import type { Unknown } from "./outcomes.ts";
import type { Parts } from "./parts.ts";
import { openSettings } from "./provider-settings.ts";
import { sendersThrough } from "./senders.ts";
import { shownGateway } from "./shown.ts";

export interface GatewayDetails extends ReturnType<typeof shownGateway> {
  readonly kind: "gateway";
  /** Settings that are not secret, by name. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Names of the secrets that it has. */
  readonly secrets: readonly string[];
  /** Ids of the services whose routes name it. */
  readonly services: readonly string[];
  /** What they send as instead of its own sender, by service and route; left out if none does. */
  readonly senders?: Readonly<Record<string, string>>;
}

/** `publicUrl`: see shownGateway. */
export async function gatewayDetails(
  { store, keyring }: Parts,
  name: string,
  publicUrl: string | undefined,
): Promise<GatewayDetails | Unknown> {
  const record = await store.findGateway(name);
  if (!record) return { kind: "unknown" };
  // A setting that this program does not know may be a secret.
  const isOpen = (setting: string) =>
    providers.get(record.provider)?.fields.some((field) => field.name === setting && !field.secret);
  const all = Object.entries(openSettings(record.sealedConfig, record.id, keyring));
  const users = (await store.listServices(undefined)).filter(({ routes }) =>
    routes.some(({ gateways }) => gateways.includes(name)),
  );
  const senders = sendersThrough(name, users);
  return {
    kind: "gateway",
    ...shownGateway(record, publicUrl),
    settings: Object.fromEntries(all.filter(([setting]) => isOpen(setting))),
    secrets: all.flatMap(([setting]) => (isOpen(setting) ? [] : [setting])),
    services: users.map(({ id }) => id),
    ...(Object.keys(senders).length > 0 ? { senders } : {}),
  };
}
