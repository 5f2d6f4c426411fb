/** Where the servers of a run keep their rows. */
import type { Installation, InstallationInput } from "../processes/installation.ts";

export type EngineName = "sqlite" | "postgres";

export interface Engine extends AsyncDisposable {
  readonly name: EngineName;
  /** For the report. */
  readonly label: string;
  /** The database server's first process, if there is one. */
  readonly databasePid?: number;
  /** Makes an installation that no server runs on: each server gets a copy. */
  install(input: Omit<InstallationInput, "databaseUrl">): Promise<Installation>;
  /** The installation as it was made; its store goes when it is disposed. */
  copy(installation: Installation): Promise<Installation>;
}
