/** `antryk why`: why a number got no code, as a support case asks. */
import { Command } from "commander";
import { searchLimits } from "../administration/search.ts";
import { type Story, why } from "../administration/why.ts";
import { maskRecipient } from "../observe/mask.ts";
import { CommandError, withInstallation } from "./installation.ts";
import { wholeNumber } from "./options.ts";
import { type OutputOptions, print } from "./output.ts";
import { sinceMs } from "./since.ts";

interface WhyOptions extends OutputOptions {
  readonly request?: string;
  readonly message?: string;
  readonly verification?: string;
  readonly account?: string;
  readonly since?: number;
  readonly limit: number;
}

export function whyCommand(): Command {
  return new Command("why")
    .description("show what became of the codes that were asked for a number, the newest first, and what can be done")
    .argument("[number]", "the number, E.164")
    .option("--request <id>", "of the request with this x-request-id")
    .option("--message <id>", "of the message that a gateway gave this id")
    .option("--verification <id>", "of this verification, or of this decisionId of an error")
    .option("--account <account>", "only of this account")
    .option("--since <time>", "how far to look back: 1h, 7d (default: all; for --request 1d)", sinceMs)
    .option("--limit <n>", "codes and refusals to show", wholeNumber(searchLimits), 10)
    .option("--json", "print one JSON object")
    .action(async (to: string | undefined, options: WhyOptions) => {
      const { request, message, verification, account, since, limit } = options;
      if ([to, request, message, verification].every((each) => each === undefined))
        throw new CommandError("name a number, --request, --message or --verification");
      if (to !== undefined) (await import("./recipient.ts")).recipientOf(to, "it takes a number");
      const stories = await withInstallation({ create: false }, async (parts) => {
        const services = new Map((await parts.store.listServices(undefined)).map(({ id, name }) => [id, name]));
        const wanted = {
          to,
          requestId: request,
          messageId: message,
          verificationId: verification,
          accountId: account?.toLowerCase(),
          since: since === undefined ? undefined : parts.store.now() - since,
        };
        const found: Story[] = [];
        let before: string | undefined;
        do {
          const page = await why(parts, { ...wanted, before, limit: limit - found.length }, (number) =>
            to === undefined ? maskRecipient(number) : number,
          );
          found.push(...page.stories);
          before = page.next;
        } while (before !== undefined && found.length < limit);
        return found.map((story) => ({ ...story, service: services.get(story.serviceId) ?? story.serviceId }));
      });
      const what = to === undefined ? "this" : "this number";
      const nothing = `Nothing was ever asked for ${what}, as far back as it is kept${since === undefined ? "" : " and was looked"}.`;
      print(options, { stories: stories.map(dated) }, stories.map(textOf).join("\n") || nothing);
    });
}

type NamedStory = Story & { readonly service: string };

function dated(story: NamedStory) {
  return { ...story, events: story.events.map(({ at, text }) => ({ at: new Date(at).toISOString(), text })) };
}

function textOf({ id, service, status, events, next, requestId }: NamedStory): string {
  const day = new Date(events[0]?.at ?? 0).toISOString().slice(0, 10);
  const steps = events.map(({ at, text }) => `${new Date(at).toISOString().slice(11, 19)} ${text}`);
  const all = next === null ? steps : [...steps, `next: ${next}`];
  return `${day} UTC · ${service} · ${status} · ${all.join(" · ")}\n  ${id}${requestId === null ? "" : ` · request ${requestId}`}`;
}
