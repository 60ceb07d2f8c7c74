/** The parts of the simulator that customers and agents act on. */
import type { GraphEdges } from '../graph-edges.js';
import type { ConversationEntry, MessengerPlatform } from '../messenger-platform.js';
import type { VccLiveWebhooks } from '../vcc-live-webhooks.js';
import type { Wire } from '../wire.js';

/** The simulator as people see it. */
export interface Surroundings {
  readonly platform: MessengerPlatform;
  readonly edges: GraphEdges;
  readonly wire: Wire;
  readonly vccLiveWebhooks: VccLiveWebhooks;
  /** Resolves when no webhook is in progress. */
  readonly settled: () => Promise<void>;
  /** Messages that expectations have used up. */
  readonly heard: WeakSet<ConversationEntry>;
}
