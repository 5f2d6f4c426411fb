/**
 * The other end of Kannel's `fake` SMSC: connects to PORT and writes each message into FOLDER.
 *
 *   node fake-smsc.ts PORT FOLDER
 *
 * A message is one line, `sender receiver kind payload` (gw/smsc/smsc_fake.c of Kannel 1.4.5):
 * - `text`: coding 0. The payload is Kannel's own UTF-8, as it is: this SMSC never makes GSM 7-bit of it, so it can't
 *   show whether that would lose a character (smpp-smsc.ts can). A line feed in the text looks like the end of the
 *   message.
 * - `ucs-2`: coding 2, UTF-16BE, url-encoded.
 * - `udh HEADER data`: a part of a long message, url-encoded; its alphabet is not given, so it is refused here.
 */
import { connect } from "node:net";
import { createInbox } from "./inbox.ts";

const [port = "", folder = ""] = process.argv.slice(2);
const receive = createInbox(folder);
const socket = connect(Number(port), "127.0.0.1");
let unread = Buffer.alloc(0);
let text: { to: string; lines: string[] } | undefined;

socket.on("data", (bytes) => {
  unread = Buffer.concat([unread, bytes]);
  for (let end = unread.indexOf(10); end >= 0; end = unread.indexOf(10)) {
    readLine(unread.subarray(0, end));
    unread = unread.subarray(end + 1);
  }
  // Kannel writes a message at once, so what is here is whole.
  finishText();
});
socket.on("connect", () => console.log(`fake SMSC: connected to Kannel on port ${port}`));
socket.on("error", (fault) => console.log(`fake SMSC: ${fault.message}`));
socket.on("close", () => process.exit(0));

function readLine(line: Buffer): void {
  const [, to, kind, payload = ""] = /^\S* (\+?\d+) (text|ucs-2|data|udh) (.*)$/s.exec(line.toString("utf8")) ?? [];
  if (to === undefined) {
    if (text) text.lines.push(line.toString("utf8"));
    else console.log("fake SMSC: a line that is no message");
    return;
  }
  finishText();
  if (kind === "text") text = { to, lines: [payload] };
  else if (kind === "ucs-2")
    receive({
      to,
      text: new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(urlDecode(payload)),
      how: "fake SMSC, UCS-2",
    });
  else console.log(`fake SMSC: a message of kind ${kind} to ${to}, whose alphabet is not given`);
}

function finishText(): void {
  if (text) receive({ to: text.to, text: text.lines.join("\n"), how: "fake SMSC, coding 0" });
  text = undefined;
}

function urlDecode(payload: string): Buffer {
  const latin1 = payload
    .replaceAll("+", " ")
    .replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(latin1, "latin1");
}
