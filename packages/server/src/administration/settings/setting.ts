/** One setting of a service: its name, and how it is read, checked and shown. Flags and docs are made from it. */
import type { WindowLimit } from "@antryk/contract";
import { defaultSettings, type Service, type ServiceSettings } from "../../model/service.ts";
import { formatLimits, parseLimits } from "../../policy/limit-notation.ts";
import { type Problem, problem } from "../outcomes.ts";
import type { ServiceChanges } from "../services.ts";

/** The value that a text gives, or what is wrong with the text. */
export type Reading<Value> = { readonly kind: "value"; readonly value: Value } | Problem;

export interface Setting<Value = unknown> {
  /** The name that it is shown under. */
  readonly name: string;
  /** The flag that sets it, without its dashes. */
  readonly flag: string;
  /** What the flag takes, in a word: `digits`, `on|off`. */
  readonly takes: string;
  readonly help: string;
  /** Its row in the table of defaults. */
  readonly documented?: { readonly what: string; readonly usual: string; readonly range: string };
  /** `before`: what the same flag has given so far. */
  read(text: string, before: Value | undefined): Reading<Value>;
  /** Adds the value to what an operator changes. */
  put(value: Value, changes: ServiceChanges): ServiceChanges | Problem;
  /** What is wrong with the service's value; a check that needs several settings is in services.ts. */
  problemOf?(service: Service): string | undefined;
  show(service: Service): unknown;
}

interface Named {
  readonly flag: string;
  /** Differs from the field's name if that has a unit or is a plural. */
  readonly name?: string;
  readonly takes: string;
}

/** Fields of a service whose values are exactly of this type. */
type FieldOf<Value> = {
  [Field in keyof ServiceSettings]: [ServiceSettings[Field], Value] extends [Value, ServiceSettings[Field]]
    ? Field
    : never;
}[keyof ServiceSettings];

/** A setting whose value is one field. */
function ofField<Value>(field: FieldOf<Value>, { flag, name = field, takes }: Named) {
  return {
    name,
    flag,
    takes,
    put: (value: Value, changes: ServiceChanges): ServiceChanges => ({ ...changes, [field]: value }),
    show: (service: Service): unknown => service[field],
  };
}

export function text(field: FieldOf<string>, named: Named & { readonly help: string }): Setting<string> {
  return { ...ofField<string>(field, named), help: named.help, read: (given) => asValue(given) };
}

/** An empty text takes the value away. */
export function optionalText(
  field: FieldOf<string | null>,
  named: Named & { readonly help: string },
): Setting<string | null> {
  return {
    ...ofField<string | null>(field, named),
    help: named.help,
    read: (given) => asValue(given === "" ? null : given),
  };
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

export function wholeNumber(
  field: FieldOf<number> & keyof typeof defaultSettings,
  { what, bounds: { min, max }, ...named }: Named & { readonly what: string; readonly bounds: Bounds },
): Setting<number> {
  const usual = String(defaultSettings[field]);
  const isAllowed = (value: number) => Number.isInteger(value) && value >= min && value <= max;
  return {
    ...ofField<number>(field, named),
    help: `${what}: ${min} to ${max} (default ${usual})`,
    documented: { what, usual, range: `${min} to ${max}` },
    read: (given) => {
      const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
      return isAllowed(value) ? asValue(value) : problem(`It must be a whole number from ${min} to ${max}.`);
    },
    problemOf: (service) => (isAllowed(service[field]) ? undefined : `${what}: a whole number from ${min} to ${max}`),
  };
}

export function onOrOff(
  field: FieldOf<boolean> & keyof typeof defaultSettings,
  { what, ...named }: Omit<Named, "takes"> & { readonly what: string },
): Setting<boolean> {
  const usual = defaultSettings[field] ? "on" : "off";
  return {
    ...ofField<boolean>(field, { ...named, takes: "on|off" }),
    help: `${what} (default ${usual})`,
    documented: { what, usual, range: "on or off" },
    read: (given) => (given === "on" || given === "off" ? asValue(given === "on") : problem("It must be on or off.")),
  };
}

export function choice<Field extends keyof typeof defaultSettings>(
  field: Field,
  {
    what,
    choices,
    ...named
  }: Named & { readonly what: string; readonly choices: readonly (ServiceSettings[Field] & string)[] },
): Setting<ServiceSettings[Field]> {
  const usual = String(defaultSettings[field]);
  return {
    ...ofField<ServiceSettings[Field]>(field as never, named),
    help: `${what}: ${choices.join(" or ")} (default ${usual})`,
    documented: { what, usual, range: choices.join(" or ") },
    read: (given) => {
      const found = choices.find((each) => each === given);
      return found === undefined ? problem(`It must be one of ${choices.join(", ")}.`) : asValue(found);
    },
    problemOf: (service) =>
      choices.some((each) => each === service[field]) ? undefined : `${what}: one of ${choices.join(", ")}`,
  };
}

/** How limits are written, for help texts. */
export const limitText = "N/Wu[, …] with units s m h d, or off";

/** `most`: of a limit's count. */
export function limits(
  field: FieldOf<readonly WindowLimit[]> & keyof typeof defaultSettings,
  { what, most, ...named }: Omit<Named, "takes"> & { readonly what: string; readonly most?: number },
): Setting<readonly WindowLimit[]> {
  const usual = formatLimits(defaultSettings[field]);
  return {
    ...ofField<readonly WindowLimit[]>(field, { ...named, takes: "limits" }),
    help: `${what}: ${limitText} (default ${usual})`,
    documented: { what, usual, range: most === undefined ? "any limit" : `counts up to ${most}` },
    read: (given) => {
      const parsed = parseLimits(given, most);
      return typeof parsed === "string" ? problem(parsed) : asValue(parsed);
    },
    problemOf: (service) => limitsProblem(what, service[field], most),
    show: (service) => formatLimits(service[field]),
  };
}

/** What is wrong with limits that were not read from a text. */
export function limitsProblem(what: string, value: readonly WindowLimit[], most?: number): string | undefined {
  const parsed = parseLimits(formatLimits(value), most);
  return typeof parsed === "string" ? `${what}: ${parsed}` : undefined;
}

export function asValue<Value>(value: Value): Reading<Value> {
  return { kind: "value", value };
}
