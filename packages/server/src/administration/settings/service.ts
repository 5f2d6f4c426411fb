/**
 * Every setting of a service, in the order in which they are shown. To add one: its type and default in
 * `model/service.ts`, and a row here.
 */
import { bounds, type WindowLimit } from "@antryk/contract";
import {
  defaultSettings,
  type GuardModes,
  guardModes,
  guardRules,
  type Route,
  type Service,
} from "../../model/service.ts";
import { formatCountries, parseCountries } from "../../policy/country-notation.ts";
import { formatGuard, parseGuard } from "../../policy/guard-notation.ts";
import { formatNamedLimits, parseNamedLimits } from "../../policy/limit-notation.ts";
import { formatRoute, parseRoute } from "../../policy/route-notation.ts";
import { senderTextProblem } from "../../policy/senders.ts";
import { problem } from "../outcomes.ts";
import { budgetSettings } from "./budgets.ts";
import { messageSettings } from "./messages.ts";
import { asValue, choice, limits, onOrOff, optionalText, type Setting, text, wholeNumber } from "./setting.ts";

const routes: Setting<readonly Route[]> = {
  name: "routes",
  flag: "route",
  takes: "route",
  help: "MATCH=GATEWAY,…[+timeout], such as IN=msg91,tw or IN=ib[ACMEIN],tw with a sender; repeat it; off removes all",
  read(given, before = []) {
    if (given === "off") return asValue([]);
    const route = parseRoute(given);
    return typeof route === "string" ? problem(route) : asValue([...before, route]);
  },
  put: (value, changes) => ({ ...changes, routes: value }),
  problemOf: (service) =>
    service.routes
      .flatMap(({ senders = {} }) => Object.values(senders))
      .map(senderTextProblem)
      .find((wrong) => wrong !== undefined) ??
    service.routes.map((route) => parseRoute(formatRoute(route))).find((each) => typeof each === "string"),
  show: (service) => service.routes.map(formatRoute),
};

const countries: Setting<readonly string[] | null> = {
  name: "countries",
  flag: "countries",
  takes: "list",
  help: "countries that it sends to (ISO 3166-1 alpha-2), such as IN,US; or all",
  read(given) {
    const parsed = parseCountries(given);
    return typeof parsed === "string" ? problem(parsed) : asValue(parsed);
  },
  put: (value, changes) => ({ ...changes, countries: value }),
  show: (service) => formatCountries(service.countries),
};

const guard: Setting<GuardModes> = {
  name: "guard",
  flag: "guard",
  takes: "modes",
  help: `what the guard against pumping does: off, monitor or enforce, or RULE=MODE,… (default ${formatGuard(defaultSettings.guard)})`,
  documented: {
    what: "the guard against pumping",
    usual: formatGuard(defaultSettings.guard),
    range: `${guardModes.join(", ")}; of ${guardRules.join(", ")}`,
  },
  read(given, before = defaultSettings.guard) {
    const parsed = parseGuard(given, before);
    return typeof parsed === "string" ? problem(parsed) : asValue(parsed);
  },
  put: (value, changes) => ({ ...changes, guard: value }),
  show: (service) => formatGuard(service.guard),
};

const namedLimits: Setting<Readonly<Record<string, readonly WindowLimit[]>>> = {
  name: "namedLimits",
  flag: "named-limit",
  takes: "name=limits",
  help: "sends by a key that the caller passes in `limits`, such as user=5/1h; repeat it; off removes all",
  read(given, before = {}) {
    if (given === "off") return asValue({});
    const parsed = parseNamedLimits(given);
    return typeof parsed === "string" ? problem(parsed) : asValue({ ...before, ...parsed });
  },
  put: (value, changes) => ({ ...changes, namedLimits: value }),
  problemOf: ({ namedLimits: named }) =>
    Object.entries(named)
      .map(([name, limits]) => parseNamedLimits(formatNamedLimits(name, limits)))
      .find((each) => typeof each === "string"),
  show: ({ namedLimits: named }) => Object.entries(named).map(([name, limits]) => formatNamedLimits(name, limits)),
};

export const serviceSettings: readonly Setting[] = [
  text("name", { flag: "name", takes: "name", help: "what you call it; messages name it unless there is a brand" }),
  optionalText("brand", {
    flag: "brand",
    takes: "brand",
    help: "the name that messages say; an empty one: the service's name",
  }),
  optionalText("template", {
    flag: "template",
    takes: "text",
    help: "message text with {code}, {brand} and {minutes}; an empty one brings back the built-in texts",
  }),
  ...messageSettings,
  countries,
  wholeNumber("codeLength", {
    flag: "code-length",
    takes: "digits",
    what: "digits of a code",
    bounds: bounds.codeLength,
  }),
  wholeNumber("ttlSeconds", {
    flag: "ttl",
    name: "ttl",
    takes: "seconds",
    what: "life of a code, seconds",
    bounds: bounds.ttlSeconds,
  }),
  wholeNumber("maxAttempts", {
    flag: "max-attempts",
    takes: "n",
    what: "wrong codes per OTP",
    bounds: bounds.maxAttempts,
  }),
  choice("wrongCode", {
    flag: "wrong-code",
    takes: "answer",
    what: "the reply to a wrong code, 200 with valid false, or 400",
    choices: ["valid_false", "otp_invalid"],
  }),
  limits("recipientLimits", {
    flag: "recipient-limit",
    name: "recipientLimit",
    what: "sends and resends per service and recipient",
    most: bounds.recipientLimitCount,
  }),
  limits("serviceLimits", { flag: "service-limit", name: "serviceLimit", what: "sends of the whole service" }),
  limits("clientLimits", {
    flag: "client-limit",
    name: "clientLimit",
    what: "sends per end user's address (clientIp)",
  }),
  limits("countryLimits", {
    flag: "country-limit",
    name: "countryLimit",
    what: "sends to each country",
  }),
  limits("prefixLimits", {
    flag: "prefix-limit",
    name: "prefixLimit",
    what: "sends to each prefix (a number without its last four digits)",
  }),
  limits("newPrefixLimits", {
    flag: "new-prefix-limit",
    name: "newPrefixLimit",
    what: "sends to each prefix none of whose codes was verified in seven days",
  }),
  limits("networkLimits", {
    flag: "network-limit",
    name: "networkLimit",
    what: "sends per wider network of end users' addresses (IPv4 /24, IPv6 /56 and /48)",
  }),
  limits("guessLimits", {
    flag: "guess-limit",
    name: "guessLimit",
    what: "wrong codes per end user's address; four times as many per wider network",
  }),
  namedLimits,
  ...budgetSettings,
  onOrOff("requireClientIp", {
    flag: "require-client-ip",
    what: "refuse sends that do not say the end user's address (clientIp)",
  }),
  guard,
  routes,
  {
    ...optionalText("sender", {
      flag: "sender",
      takes: "sender",
      help: "number or name that messages come from, if the route names none; an empty one: the gateway's own",
    }),
    problemOf: ({ sender }) => (sender === null ? undefined : senderTextProblem(sender)),
  },
  onOrOff("learnRoutes", {
    flag: "learn-routes",
    what: "order a route's gateways by how many of their messages are verified",
  }),
  onOrOff("paused", {
    flag: "paused",
    what: "send nothing; codes that are out still verify",
  }),
];

/** All settings by name, as a service has them. */
export function shownSettings(service: Service): Readonly<Record<string, unknown>> {
  return Object.fromEntries(serviceSettings.map((setting) => [setting.name, setting.show(service)]));
}

/** The first setting that can't have the value that the service has. */
export function settingsProblem(service: Service): string | undefined {
  for (const setting of serviceSettings) {
    const found = setting.problemOf?.(service);
    if (found !== undefined) return found;
  }
  return undefined;
}
