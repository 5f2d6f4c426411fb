/** One connection to an SMSC, bound as transceiver and kept up: enquire_link, reconnect with back-off, unbind. */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Pdu } from "smpp";
import type { Failed } from "../port.ts";
import { BackOff } from "./back-off.ts";
import { Frames, type Unreadable } from "./frames.ts";
import { loadSmpp, type SmppLibrary } from "./loader.ts";
import { isId } from "./receipt.ts";
import { refusedByStatus } from "./status.ts";
import { notWritten, SubmitWindow, type Taken } from "./window.ts";

/** Times of a link, ms. */
export const linkTimes = {
  /** TCP, TLS and the bind together. */
  connect: 5_000,
  /** For a PDU that was written. */
  response: 10_000,
  /** For a place in the window, or for the bind. */
  wait: 5_000,
  /** Of silence, before the SMSC is asked whether it is there. */
  enquireLink: 30_000,
  /** See `BackOffTimes`. */
  backOff: 500,
  backOffMost: 30_000,
  steady: 5_000,
  /** For what is unanswered when the link is closed, and again for unbind_resp. */
  unbind: 2_000,
};

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  /** With `ca`, these PEM certificates instead of those that Node.js trusts. */
  readonly tls?: { readonly ca?: string };
  /** The parameters of bind_transceiver. */
  readonly bind: Readonly<Record<string, unknown>>;
  /** How many may be unanswered. */
  readonly window: number;
  readonly times?: Partial<typeof linkTimes>;
  /**
   * Called for each deliver_sm and data_sm, which is answered when it is done. If it rejects, the SMSC is asked to send
   * the PDU again.
   */
  readonly onDeliver: (pdu: Pdu) => Promise<void>;
}

const versionOfProtocol = 0x34;
const bindFailed = 13;
const unknownCommand = 3;
const temporaryFailureOfOurs = 0x64;

/** What of a response is looked at. */
interface ResponseHead extends Pick<Pdu, "command" | "command_status" | "sequence_number"> {
  readonly message_id?: unknown;
}

export class SmppLink {
  readonly #options: LinkOptions;
  readonly #times: typeof linkTimes;
  readonly #window: SubmitWindow;
  readonly #backOff: BackOff;
  readonly #clock: NodeJS.Timeout;
  #state: "connecting" | "bound" | "down" | "closed" = "connecting";
  #library: SmppLibrary | undefined;
  #connection: { readonly socket: Socket; readonly frames: Frames; corked: boolean } | undefined;
  #openedAt = 0;
  #boundAt = 0;
  #heardAt = 0;
  #enquiredAt = 0;
  #lastFault: Failed = notWritten("unavailable", "not bound");
  #retry: NodeJS.Timeout | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#times = { ...linkTimes, ...options.times };
    this.#backOff = new BackOff(this.#times);
    const { response: responseMs, wait: waitMs } = this.#times;
    this.#window = new SubmitWindow({ size: options.window, responseMs, waitMs, write: (pdu) => this.#write(pdu) });
    this.#clock = setInterval(() => this.#tick(), Math.min(250, responseMs / 4)).unref();
    void this.#connect();
  }

  /** While it connects, a submit_sm waits; while it waits to reconnect, one is refused at once. Never rejects. */
  async submit(parameters: Readonly<Record<string, unknown>>, signal: AbortSignal): Promise<Taken | Failed> {
    if (this.#state === "down" || this.#state === "closed") return this.#lastFault;
    this.#library ??= await loadSmpp();
    return this.#window.submit(new this.#library.PDU("submit_sm", parameters), signal);
  }

  /** Waits a little for what is unanswered, unbinds, and ends the connection. */
  async close(): Promise<void> {
    const wasBound = this.#state === "bound";
    this.#state = "closed";
    this.#lastFault = notWritten("unavailable", "the link is closed");
    clearTimeout(this.#retry);
    this.#window.shut(this.#lastFault);
    if (wasBound) {
      await this.#until(() => this.#window.unanswered === 0);
      if (this.#command("unbind")) await this.#until(() => this.#connection === undefined);
    }
    clearInterval(this.#clock);
    this.#connection?.socket.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #connect(): Promise<void> {
    try {
      const library = await loadSmpp();
      if (this.#state === "closed") return;
      this.#library = library;
      this.#state = "connecting";
      this.#openedAt = performance.now();
      this.#lastFault = notWritten("unavailable", "the SMSC hung up before the bind");
      const { host, port, tls } = this.#options;
      const servername = isIP(host) ? {} : { servername: host };
      const socket = tls ? connectTls({ host, port, ...servername, ...tls }) : connectTcp({ host, port });
      const connection = { socket, frames: new Frames(socket, library), corked: false };
      this.#connection = connection;
      socket.setNoDelay(true);
      socket.once(tls ? "secureConnect" : "connect", () =>
        this.#command("bind_transceiver", { interface_version: versionOfProtocol, ...this.#options.bind }),
      );
      connection.frames.on("pdu", (pdu) => this.#receive(pdu));
      connection.frames.on("unreadable", (what) => this.#refuse(what));
      connection.frames.on("error", ({ code }: NodeJS.ErrnoException) => this.#cut(code ?? "what came is no SMPP"));
      connection.frames.on("close", () => this.#lost());
    } catch (fault) {
      // Such as a certificate that can't be read.
      this.#lastFault = notWritten("unavailable", (fault as NodeJS.ErrnoException).code ?? "no connection can be made");
      this.#lost();
    }
  }

  #receive(pdu: Pdu): void {
    this.#heardAt = performance.now();
    if (pdu.isResponse()) this.#receiveResponse(pdu);
    else this.#receiveRequest(pdu);
  }

  #receiveResponse(response: ResponseHead): void {
    const { command, command_status: status, sequence_number: sequence, message_id: messageId } = response;
    if (this.#state === "connecting") {
      if (status === 0 && command === "bind_transceiver_resp") {
        this.#state = "bound";
        this.#boundAt = this.#heardAt;
        this.#lastFault = notWritten("unavailable", "the connection was lost");
        this.#window.open();
      } else {
        this.#lastFault = refusedByStatus(status || bindFailed);
        this.#connection?.socket.destroy();
      }
    } else if (command === "unbind_resp") {
      this.#connection?.socket.end();
    } else if (command === "submit_sm_resp" && status === 0) {
      this.#window.answer(sequence, { outcome: "taken", ...(isId(messageId) ? { messageId } : {}) });
    } else if (command === "submit_sm_resp" || command === "generic_nack") {
      this.#window.answer(sequence, refusedByStatus(status || unknownCommand));
    }
  }

  #receiveRequest(pdu: Pdu): void {
    if (pdu.command === "deliver_sm" || pdu.command === "data_sm") void this.#deliver(pdu);
    else if (pdu.command === "enquire_link") this.#reply(pdu, 0);
    else if (pdu.command === "unbind") {
      this.#reply(pdu, 0);
      this.#lastFault = notWritten("unavailable", "the SMSC has unbound");
      this.#connection?.socket.end();
    } else if (pdu.command !== "alert_notification" && pdu.command !== "outbind") {
      this.#command("generic_nack", { command_status: unknownCommand, sequence_number: pdu.sequence_number });
    }
  }

  /** The SMSC must not send it again and again; of a response, what its header says is known. */
  #refuse({ commandId, status, sequence, refusal }: Unreadable): void {
    this.#heardAt = performance.now();
    const command = this.#library?.commandsById[commandId]?.command ?? "";
    if (command.endsWith("_resp") || command === "generic_nack")
      this.#receiveResponse({ command, command_status: status, sequence_number: sequence });
    else if (command === "deliver_sm" || command === "data_sm")
      this.#command(`${command}_resp`, { command_status: refusal, sequence_number: sequence });
    else this.#command("generic_nack", { command_status: refusal, sequence_number: sequence });
  }

  /** An answer belongs to the connection that the PDU came on: on another one the SMSC has sent it again. */
  async #deliver(pdu: Pdu): Promise<void> {
    const connection = this.#connection;
    const status = await this.#options.onDeliver(pdu).then(
      () => 0,
      () => temporaryFailureOfOurs,
    );
    if (this.#connection === connection) this.#reply(pdu, status);
  }

  #reply(pdu: Pdu, status: number): void {
    this.#write(pdu.response({ command_status: status }));
  }

  #command(name: string, parameters: Readonly<Record<string, unknown>> = {}): boolean {
    return this.#library !== undefined && this.#write(new this.#library.PDU(name, parameters));
  }

  /** All PDUs of one turn of the event loop leave together. */
  #write(pdu: Pdu): boolean {
    const connection = this.#connection;
    if (!connection?.socket.writable) return false;
    if (!connection.corked) {
      connection.corked = true;
      connection.socket.cork();
      setImmediate(() => {
        connection.corked = false;
        connection.socket.uncork();
      });
    }
    return connection.frames.send(pdu);
  }

  #tick(): void {
    const now = performance.now();
    const { connect, response, enquireLink } = this.#times;
    this.#window.expire(now);
    if (this.#state === "connecting" && this.#connection && now - this.#openedAt > connect)
      this.#cut("not bound in time");
    if (this.#state !== "bound") return;
    // An SMSC that owes responses and says nothing is asked earlier.
    const quiet = this.#window.unanswered > 0 ? Math.min(enquireLink, response / 2) : enquireLink;
    if (this.#enquiredAt > this.#heardAt) {
      if (now - this.#enquiredAt > response) this.#cut("no answer to enquire_link");
    } else if (now - this.#heardAt > quiet && this.#command("enquire_link")) this.#enquiredAt = now;
  }

  #cut(why: string): void {
    this.#lastFault = notWritten("unavailable", why);
    this.#connection?.socket.destroy();
  }

  #lost(): void {
    const boundMs = this.#state === "bound" ? performance.now() - this.#boundAt : 0;
    this.#connection = undefined;
    this.#window.lose();
    if (this.#state === "closed") return;
    this.#state = "down";
    this.#window.shut(this.#lastFault);
    this.#retry = setTimeout(() => void this.#connect(), this.#backOff.next(boundMs)).unref();
  }

  async #until(done: () => boolean): Promise<void> {
    const end = performance.now() + this.#times.unbind;
    while (!done() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
