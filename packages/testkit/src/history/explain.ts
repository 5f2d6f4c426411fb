/** A history that broke the contract, for people: names instead of ids, and times from its beginning. */
import { checkSubject, smallest } from "./check.ts";
import { isUnanswered, type Operation, type Subject } from "./history.ts";
import { outcomeOf, resultOf } from "./steps.ts";

export function explain(subject: Subject): string {
  const small = smallest(subject);
  const verdict = checkSubject(small);
  const names = new Names(small);
  const zero = Math.min(...small.operations.map(({ start }) => start));
  const ms = (at: number) => `${(at - zero).toFixed(0)}`.padStart(6);
  const lines: { at: number; text: string }[] = [];
  for (const operation of small.operations) {
    const { id, start, end, verb, otp, key, server } = operation;
    const what = [verb, otp === undefined ? "" : names.code(otp), key === undefined ? "" : `key ${names.key(key)}`]
      .filter(Boolean)
      .join(" ");
    const till = isUnanswered(operation) ? "     ?" : ms(end);
    lines.push({
      at: start,
      text: `${ms(start)} –${till}  #${id} at ${server}: ${what} → ${names.ids(answerOf(operation))}`,
    });
  }
  for (const { at, verificationId, sendNo, code, answer } of small.messages) {
    const message = `message ${sendNo} of ${names.ids(verificationId)} says ${names.code(code)}`;
    lines.push({ at, text: `${ms(at)}          ${message}; the gateway: ${answer}` });
  }
  lines.sort((a, b) => a.at - b.at);
  const why = verdict.kind === "violation" ? verdict : undefined;
  const head = [`${small.name}: ${names.ids(why?.why ?? "it broke the contract")}${why?.at ? ` (#${why.at.id})` : ""}`];
  const tail: string[] = [];
  if (why?.best) {
    const { done, state } = why.best;
    const left = small.operations.filter(
      (each) => !done.some(({ operation }) => operation === each) && !isUnanswered(each),
    );
    const v = state.verification;
    const order = done.map(({ operation, part }) => `#${operation.id}${part === "whole" ? "" : ` ${part}`}`);
    tail.push(`the longest order that is allowed: ${order.join(", ")}`);
    const end = v ? `with ${names.ids(v.id)} ${v.state}, attempts ${v.attempts}` : "without a verification";
    tail.push(`it ends ${end}, tries ${state.tries}`);
    tail.push(`and has no place for ${left.map(({ id }) => `#${id}`).join(", ") || "the settling of a send"}`);
  }
  return [...head, "    ms", ...lines.map(({ text }) => text), ...tail].join("\n");
}

function answerOf(operation: Operation): string {
  const { reply } = operation;
  if (!reply) return "no answer";
  const replayed = reply.replayed ? " (replayed)" : "";
  if (reply.status === 503) return "503";
  const outcome = outcomeOf(operation, reply) ?? reply.text;
  if (outcome === "replayed") return `200 ${reply.verificationId}${replayed}`;
  if (outcome !== "ran") return `${reply.status} ${outcome}${replayed}`;
  return reply.status === 200
    ? `200 ${reply.verificationId}`
    : `${reply.status} ${reply.type}, outcome ${resultOf(reply)}`;
}

/** Letters for verifications, their codes and keys. */
class Names {
  readonly #ids = new Map<string, string>();
  readonly #codes = new Map<string, string>();
  readonly #keys = new Map<string, string>();

  constructor({ messages, operations }: Subject) {
    for (const { verificationId, code } of messages) this.#codes.set(code, `the code of ${this.#id(verificationId)}`);
    for (const { reply } of operations) if (reply?.verificationId) this.#id(reply.verificationId);
  }

  code(code: string): string {
    return this.#codes.get(code) ?? "a wrong code";
  }

  key(key: string): string {
    if (!this.#keys.has(key)) this.#keys.set(key, String(this.#keys.size + 1));
    return this.#keys.get(key) ?? key;
  }

  ids(text: string): string {
    return [...this.#ids].reduce((so, [id, name]) => so.replaceAll(id, name), text);
  }

  #id(id: string): string {
    const name = this.#ids.get(id) ?? String.fromCharCode(65 + (this.#ids.size % 26));
    this.#ids.set(id, name);
    return name;
  }
}
