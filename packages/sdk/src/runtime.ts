/** What kind of place the package runs in. */
import type { Fetch } from "./transport/types.ts";

interface Global {
  readonly Bun?: unknown;
  readonly Deno?: unknown;
  readonly navigator?: { readonly userAgent?: string; readonly product?: string };
  readonly process?: {
    readonly versions?: { readonly node?: string };
    readonly type?: string;
    readonly env?: Record<string, string | undefined>;
  };
  readonly fetch?: Fetch;
}

/** The global object as far as it is asked; a parameter everywhere so that tests can set another. */
export const platform: Global = globalThis as unknown as Global;

/** Node.js itself, not something that offers Node's modules (Bun, Deno, an edge runtime's compatibility layer). */
export function isNode(global: Global): boolean {
  const { process, navigator } = global;
  if (process?.versions?.node === undefined || global.Bun !== undefined || global.Deno !== undefined) return false;
  // Electron's pages have Node's globals and are shipped to users all the same.
  return process.type !== "renderer" && !/^(Cloudflare-Workers|Edge-Runtime|Fastly)/.test(navigator?.userAgent ?? "");
}

/** A place that belongs to the end user: whoever holds the page or the app holds every secret in it. */
export function isBrowser(global: Global): boolean {
  const { navigator } = global;
  if (isNode(global) || global.Bun !== undefined || global.Deno !== undefined || navigator === undefined) return false;
  return navigator.product === "ReactNative" || /^Mozilla\//.test(navigator.userAgent ?? "");
}

/** An environment variable; empty or unreadable (Deno without leave, no `process` at all) is `undefined`. */
export function environment(global: Global, name: string): string | undefined {
  try {
    return global.process?.env?.[name] || undefined;
  } catch {
    return undefined;
  }
}
