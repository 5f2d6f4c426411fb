/** Commands that had another name: the old one prints the new one. */

const newNames: Readonly<Record<string, string>> = {
  "provider add": '"antryk provider add" is now "antryk gateway add"',
  "provider remove": '"antryk provider remove" is now "antryk gateway remove"',
  "provider health": '"antryk provider health" is now "antryk gateway health"',
  "provider test": '"antryk provider test" is now "antryk gateway test"',
  migrate:
    '"antryk migrate" is now "antryk schema upgrade", which brings the schema up to date, and ' +
    '"antryk move --from URL --to URL", which moves the data',
};

/** What to say instead of running the command; `undefined`: the command was not renamed. */
export function newNameOf([name = "", verb = ""]: readonly string[]): string | undefined {
  return newNames[name] ?? newNames[`${name} ${verb}`];
}
