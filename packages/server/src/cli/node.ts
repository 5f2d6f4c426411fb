/** `antryk node list`: the servers that run on the store. */
import { Command } from "commander";
import { withInstallation } from "./installation.ts";
import { type OutputOptions, print, table } from "./output.ts";

export function nodeCommands(): Command {
  const node = new Command("node").description("the servers that run on the store");
  node
    .command("list")
    .description("show servers that were seen within half a minute, with their versions and keys")
    .option("--json", "print one JSON object")
    .action(async (options: OutputOptions) => {
      const nodes = await withInstallation({ create: false }, ({ store }) => store.nodes());
      const rows = nodes.map(({ id, host, pid, version, keys, seenAt }) => [
        id,
        host,
        String(pid),
        version,
        keys.join(" "),
        new Date(seenAt).toISOString(),
      ]);
      print(
        options,
        { nodes: nodes.map(({ seenAt, ...node }) => ({ ...node, seenAt: new Date(seenAt).toISOString() })) },
        table(
          ["NODE", "HOST", "PROCESS", "VERSION", "KEYS, THE PRIMARY FIRST", "SEEN"],
          rows,
          "no server runs on the store",
        ),
      );
    });
  return node;
}
