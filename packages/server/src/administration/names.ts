/** Names that operators give: one line that a terminal and a log can show. */

/** Controls, what turns the direction of writing, and what is no character by itself. */
const unshowable = /[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** What is wrong with a name; `undefined`: nothing. */
export function nameProblem(name: string): string | undefined {
  if (name.trim() === "" || name.length > 100) return "a name must have 1 to 100 characters";
  return unshowable.test(name) ? "a name must have no control characters" : undefined;
}
