/** The gateways of a run, in processes beside the server: what they use is not the server's. */
import { Child } from "../processes/child.ts";
import type { Addresses } from "../processes/services.ts";
import type { SmscOptions } from "./smsc.ts";

export class Receivers implements AsyncDisposable {
  readonly addresses: Addresses;
  readonly #http: Child;
  readonly #smsc: Child;

  private constructor(http: Child, smsc: Child, addresses: Addresses) {
    this.#http = http;
    this.#smsc = smsc;
    this.addresses = addresses;
  }

  static async start(): Promise<Receivers> {
    const http = new Child({ module: new URL("./receiver.ts", import.meta.url) });
    const smsc = startSmsc();
    const smpp = {
      silent: await smsc.ask<string>("listen", {} satisfies SmscOptions),
      naming: await smsc.ask<string>("listen", { names: true } satisfies SmscOptions),
      keeping: await smsc.ask<string>("listen", { keeps: true } satisfies SmscOptions),
    };
    return new Receivers(http, smsc, { http: await http.ask<string>("listen"), smpp });
  }

  /** The codes of the messages since the last call, by recipient; of the service that is made for it. */
  codes(): Promise<ReadonlyMap<string, string>> {
    return this.#smsc.ask("codes");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#http[Symbol.asyncDispose](), this.#smsc[Symbol.asyncDispose]()]);
  }
}

export function startSmsc(): Child {
  return new Child({ module: new URL("./smsc.ts", import.meta.url) });
}
