/** The steps of deploy/Dockerfile, run by hand where no builder of images can be had. */
import { execFileSync } from "node:child_process";
import { cpSync, globSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { root } from "../docs/pages.ts";

/** The last stage: its root folder, without what its base image holds, and what the image says of its process. */
export interface Image {
  readonly folder: string;
  readonly workdir: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly volume: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

const deploy = join(root, "deploy");

/** What a builder is sent: files that Dockerfile.dockerignore lets through. */
function copyContext(to: string): void {
  const lines = readFileSync(join(deploy, "Dockerfile.dockerignore"), "utf8").trim().split("\n");
  const left = lines.filter((line) => line.startsWith("**/")).map((line) => line.slice(3));
  const isLeft = (path: string) =>
    left.some((each) => (each.startsWith("*") ? path.endsWith(each.slice(1)) : basename(path) === each));
  for (const part of lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1)))
    cpSync(join(root, part), join(to, part), { recursive: true, filter: (path) => !isLeft(path) });
}

/**
 * Runs every step below `folder`, with the Node.js of this process for that of the base image. `path` is the PATH of
 * the base image when a container runs.
 */
export function runDockerfile(folder: string, path: string): Image {
  const stages = new Map<string, string>();
  const image = { folder: "", workdir: "/", user: "", env: {} as Record<string, string>, volume: "" };
  const words = { ENTRYPOINT: [] as string[], CMD: [] as string[], HEALTHCHECK: [] as string[] };
  const inside = (place: string) => join(image.folder, place.startsWith("/") ? place : join(image.workdir, place));
  const text = readFileSync(join(deploy, "Dockerfile"), "utf8")
    .replace(/^#.*\n/gm, "")
    .replace(/\\\n/g, "");
  for (const line of text.split("\n").filter((each) => each.trim() !== "")) {
    const [, step = "", rest = ""] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const [first = "", second = "", third = ""] = rest.split(/\s+/);
    if (step === "FROM") {
      const name = third || "last";
      Object.assign(image, { folder: join(folder, name), workdir: "/", env: { PATH: path } });
      stages.set(name, image.folder);
      mkdirSync(image.folder);
    } else if (step === "WORKDIR") {
      image.workdir = first;
      mkdirSync(inside("."), { recursive: true });
    } else if (step === "COPY" && rest === ". .") copyContext(inside("."));
    else if (step === "COPY" && first.startsWith("--from=")) {
      const from = stages.get(first.slice("--from=".length)) ?? "";
      cpSync(join(from, second), inside(third), { recursive: true, verbatimSymlinks: true });
    } else if (step === "RUN") {
      console.log(`      RUN ${rest}`);
      // Without what `npm run` says of this repository.
      const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("npm_")));
      execFileSync("sh", ["-ec", rest], { cwd: inside("."), env, stdio: ["ignore", "ignore", "inherit"] });
    } else if (step === "ENV") {
      for (const [, name = "", value = ""] of rest.matchAll(/(\w+)=(\S+)/g))
        image.env[name] = value.replace("$PATH", image.env.PATH ?? "");
    } else if (step === "USER") image.user = first;
    else if (step === "VOLUME") image.volume = first;
    else if (step in words) words[step as keyof typeof words] = JSON.parse(rest.slice(rest.indexOf("["))) as string[];
    else if (step !== "ARG" && step !== "EXPOSE")
      throw new Error(`deploy/Dockerfile has a step ${step} that is not known here`);
  }
  // What the programs of the image itself need is bound here when it runs.
  for (const place of ["usr", "bin", "lib", "lib64", "etc", "proc", "dev", "tmp", "node"])
    mkdirSync(join(image.folder, place), { recursive: true });
  if (globSync("opt/antryk/packages/server/dist/main.js", { cwd: image.folder }).length === 0)
    throw new Error("the image has no compiled server");
  return { ...image, entrypoint: words.ENTRYPOINT, command: words.CMD, healthcheck: words.HEALTHCHECK };
}
