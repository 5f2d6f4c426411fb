/** All providers: every file of this folder that exports `provider`. Adding one is adding a file. */
import { readdirSync } from "node:fs";
import type { Provider } from "./port.ts";

async function load(): Promise<Map<string, Provider>> {
  const folder = new URL("./", import.meta.url);
  const names = readdirSync(folder).filter(
    (name) => /^[\w-]+\.(ts|js)$/.test(name) && !name.endsWith(".d.ts") && !/^registry\./.test(name),
  );
  const found = new Map<string, Provider>();
  for (const name of names.sort()) {
    const module = (await import(new URL(name, folder).href)) as { provider?: Provider };
    if (module.provider) found.set(module.provider.id, module.provider);
  }
  return found;
}

export const providers: ReadonlyMap<string, Provider> = await load();
