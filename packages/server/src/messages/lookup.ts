/**
 * Which of the available texts answers a language tag: lookup as in RFC 4647 §3.4, with the script that CLDR knows for
 * the tag.
 */
import { LRUCache } from "lru-cache";

/** Languages that are read as another one of the same script, if they have no text. */
const readAs: Readonly<Record<string, string>> = { no: "nb", nn: "nb", yue: "zh-Hant" };

const kept = new LRUCache<string, readonly string[]>({ max: 1_000 });

/** The best of `available` for a canonical tag; `undefined` if none is in its language and script. */
export function lookup(tag: string, available: { has(tag: string): boolean }): string | undefined {
  if (available.has(tag)) return tag;
  let ranges = kept.get(tag);
  if (!ranges) {
    ranges = rangesOf(tag);
    kept.set(tag, ranges);
  }
  return ranges.find((range) => available.has(range));
}

/**
 * What answers the tag beside itself, best first. One in another script never does: zh-TW is answered by zh-Hant and
 * not by zh.
 */
function rangesOf(tag: string): string[] {
  const { language, script, region } = new Intl.Locale(tag).maximize();
  const written = (range: string): boolean => new Intl.Locale(range).maximize().script === script;
  const ranges: string[] = [];
  let rest = tag;
  while (rest !== "") {
    // A single letter begins an extension: it goes with what came after it.
    if (!/-\w$/.test(rest) && !/^\w$/.test(rest) && written(rest)) ranges.push(rest);
    rest = rest.slice(0, Math.max(0, rest.lastIndexOf("-")));
  }
  if (region) ranges.push(`${language}-${region}`);
  if (script) ranges.push(`${language}-${script}`);
  return [...new Set(ranges.flatMap((range) => [range, readAs[range] ?? range]))].filter(written);
}
