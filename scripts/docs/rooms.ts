/** The rooms of the server and what each may import, from the test that checks it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { code, sentence, table } from "./markdown.ts";
import { root } from "./pages.ts";

function roomsText(): string {
  const test = readFileSync(join(root, "packages/server/src/boundaries.test.ts"), "utf8");
  const rooms = [...test.matchAll(/^ {2}(\w+): \{\s*may: \[([^\]]*)\],\s*because: "([^"]+)"/gm)];
  if (rooms.length === 0) throw new Error("boundaries.test.ts names no rooms in a form that is understood here");
  const rows = rooms.map(([, room = "", may = "", because = ""]) => [
    code(`${room}/`),
    [...may.matchAll(/"([^"]+)"/g)].map(([, place = ""]) => code(place)).join(", ") || "nothing",
    sentence(because),
  ]);
  return table(["room", "may import", "because"], rows);
}

export const roomSections = { rooms: roomsText };
