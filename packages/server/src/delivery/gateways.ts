/** The configured gateway of a service. Made once per configuration, so that connections are kept. */
import { LRUCache } from "lru-cache";
import Value from "typebox/value";
import type { Keyring } from "../keyring/keyring.ts";
import type { ProviderContext } from "../providers/port.ts";
import { providers } from "../providers/registry.ts";
import type { Service } from "../store/port-accounts.ts";
import type { NamedGateway } from "./deliver.ts";

export class GatewayDirectory {
  readonly #context: ProviderContext;
  readonly #keyring: Keyring;
  readonly #made = new LRUCache<string, NamedGateway>({ max: 1_000 });

  constructor(context: ProviderContext, keyring: Keyring) {
    this.#context = context;
    this.#keyring = keyring;
  }

  /** Throws where the service names a provider that is not in the registry, or settings that can't be opened. */
  forService(service: Service): NamedGateway {
    const id = `${service.id} ${service.provider} ${service.sealedConfig ?? ""}`;
    const kept = this.#made.get(id);
    if (kept) return kept;
    const provider = providers.get(service.provider);
    if (!provider) throw new Error(`service ${service.id} names the unknown provider ${service.provider}`);
    const config: unknown = service.sealedConfig === null ? {} : JSON.parse(this.#keyring.open(service.sealedConfig, service.id));
    if (!Value.Check(provider.config, config))
      throw new Error(`the settings of service ${service.id} do not fit the provider ${provider.id}`);
    const made = { name: provider.id, gateway: provider.create(config, this.#context) };
    this.#made.set(id, made);
    return made;
  }
}
