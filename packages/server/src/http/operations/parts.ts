/** What operators' routes need of the service. */
import type { IncomingMessage } from "node:http";
import type { GatewayDirectory } from "../../delivery/gateways.ts";
import type { Inbox } from "../../gateways/sandbox/inbox.ts";
import type { Store } from "../../store/port.ts";
import type { MetricsPage } from "./metrics.ts";

export interface OperationsParts {
  readonly store: Store;
  readonly sandbox: Inbox;
  readonly gateways: GatewayDirectory;
  readonly metrics: MetricsPage;
  /** The server is stopping. */
  isDraining(): boolean;
  /** Whether the request comes from this machine, and not through anything that forwards. */
  isLocal(request: IncomingMessage): boolean;
}
