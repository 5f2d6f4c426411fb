/** What operators' routes need of the service. */
import type { GatewayDirectory } from "../../delivery/gateways.ts";
import type { Inbox } from "../../gateways/sandbox/inbox.ts";
import type { Keyring } from "../../keyring/keyring.ts";
import type { Store } from "../../store/port.ts";
import type { MetricsPage } from "./metrics.ts";

export interface OperationsParts {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly sandbox: Inbox;
  readonly gateways: GatewayDirectory;
  readonly metrics: MetricsPage;
  /** What lets a request in that does not come from this machine; undefined: nothing does. */
  readonly token: string | undefined;
}
