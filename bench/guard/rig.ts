/** The real heart over a real store, with a clock that the simulation moves. */
import { GatewayDirectory } from "../../packages/server/src/delivery/gateways.ts";
import { createDispatcher } from "../../packages/server/src/gateways/lib/http-client.ts";
import { Keyring, newKeyring } from "../../packages/server/src/keyring/keyring.ts";
import type { Service } from "../../packages/server/src/model/service.ts";
import { createLog } from "../../packages/server/src/observe/log.ts";
import { clientOf } from "../../packages/server/src/policy/client-address.ts";
import { noLists } from "../../packages/server/src/policy/lists.ts";
import { ManualClock } from "../../packages/server/src/store/clock.ts";
import { openSqliteStore } from "../../packages/server/src/store/sqlite/open.ts";
import { Heart } from "../../packages/server/src/verification/heart.ts";
import { Traffic } from "../../packages/server/src/verification/traffic.ts";
import { serviceWith } from "../../packages/testkit/src/inputs/services.ts";

export class Rig {
  readonly clock = new ManualClock();
  readonly #store = openSqliteStore({ path: ":memory:", clock: this.clock });
  readonly #log = createLog("silent");
  readonly #dispatcher = createDispatcher();
  readonly #keyring = new Keyring(newKeyring());
  readonly #gateways: GatewayDirectory;
  readonly #traffic = new Traffic({ store: this.#store, log: this.#log });
  readonly #heart: Heart;
  readonly #service: Service;
  readonly #codes = new Map<string, string>();

  constructor(changes: Partial<Service>) {
    this.#service = serviceWith(changes);
    const remember = {
      add: ({ to, text }: { to: string; text: string }) => void this.#remember(to, text),
      list: () => [],
    };
    this.#gateways = new GatewayDirectory({
      context: { dispatcher: this.#dispatcher, sandbox: remember, now: () => this.clock.now() },
      keyring: this.#keyring,
      store: this.#store,
      log: this.#log,
    });
    this.#heart = new Heart({
      store: this.#store,
      keyring: this.#keyring,
      gateways: this.#gateways,
      log: this.#log,
      traffic: this.#traffic,
    });
  }

  /** Whether a message left. */
  async send(to: string, clientIp: string): Promise<"sent" | "pending" | "refused"> {
    const { kind } = await this.#heart.send(this.#request(to, clientIp));
    if (kind === "sent") return "sent";
    return kind === "pending" ? "pending" : "refused";
  }

  /** The right code, or a wrong one. */
  async verify(to: string, clientIp: string, isRight: boolean): Promise<boolean> {
    const code = this.#codes.get(to) ?? "000000";
    const otp = isRight ? code : String((Number(code) + 1) % 1_000_000).padStart(6, "0");
    const outcome = await this.#heart.verify(this.#request(to, clientIp), otp);
    return outcome.kind === "compared" && outcome.valid;
  }

  /** What the server does from time to time. */
  async upkeep(): Promise<void> {
    await this.#traffic.share();
  }

  async close(): Promise<void> {
    await this.#traffic.stop();
    await this.#gateways.close();
    await this.#dispatcher.close();
    await this.#store.close();
  }

  #request(to: string, clientIp: string) {
    const access = {
      accountId: this.#service.accountId,
      secretHash: Buffer.alloc(32),
      accountLimits: [],
      recipientLimits: [],
    };
    return {
      access,
      service: this.#service,
      channel: "sms" as const,
      to,
      client: clientOf(clientIp),
      named: {},
      metadata: "",
      lists: noLists,
      locale: "en",
      idempotency: undefined,
    };
  }

  #remember(to: string, text: string): void {
    const code = /\b\d{6}\b/.exec(text)?.[0];
    if (code !== undefined) this.#codes.set(to, code);
  }
}
