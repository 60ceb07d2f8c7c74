/** What the plugin does to an adapter of the Agents SDK when it is attached: refuses one that cannot work, and repairs the way in. */
import type { BaseAdapter } from '@microsoft/agents-hosting';
import { InvalidOptionError } from '../thread/errors.js';
import { stringOf } from '../thread/read-unknown.js';
import { acceptableBody } from './accept-activity.js';

/** What is used of a CloudAdapter's way in. */
interface WithProcess {
  process(request: { body?: unknown }, ...rest: unknown[]): Promise<void>;
}

const NEEDED = ['use', 'sendActivities', 'updateActivity', 'deleteActivity', 'continueConversation'];
const ADAPTERS =
  'a CloudAdapter of @microsoft/agents-hosting, or the MessengerAdapter of botbuilder-handover-vcclive/agents';

/** Which plugin an adapter that speaks to Meta was made with. */
const madeWith = new WeakMap<object, object>();
const repaired = new WeakSet<object>();

/** Remembers the plugin of an adapter that receives Meta's webhooks itself. Its `process` takes no activities. */
export function servesItself(adapter: BaseAdapter, handover: object): void {
  madeWith.set(adapter, handover);
  repaired.add(adapter);
}

/**
 * The adapter of an application; `undefined` if it is no application.
 * @throws {@link InvalidOptionError} if it is an application without an adapter
 */
export function applicationAdapter(target: unknown): BaseAdapter | undefined {
  const isApplication =
    typeof memberOf(target, 'run') === 'function' && typeof memberOf(target, 'addRoute') === 'function';
  if (!isApplication) return undefined;
  const adapter = memberOf(target, 'adapter');
  if (typeof adapter === 'object' && adapter !== null) return adapter as BaseAdapter;
  throw new InvalidOptionError(
    'app',
    'an application without an adapter',
    `one with ${ADAPTERS}: new AgentApplication({ adapter })`,
  );
}

/**
 * Refuses an adapter that cannot work.
 * @throws {@link InvalidOptionError}
 */
export function checkAdapter(adapter: BaseAdapter, handover: object): void {
  const missing = NEEDED.filter((name) => typeof memberOf(adapter, name) !== 'function');
  if (missing.length > 0) {
    throw new InvalidOptionError('adapter', `without ${missing.map((name) => `${name}()`).join(', ')}`, ADAPTERS);
  }
  if ('continueConversationAsync' in adapter || 'botFrameworkAuthentication' in adapter) {
    throw new InvalidOptionError(
      'adapter',
      'an adapter of Bot Framework',
      `${ADAPTERS}. For Bot Framework, import VccLiveHandover from botbuilder-handover-vcclive`,
    );
  }
  const other = madeWith.get(adapter);
  if (other === undefined || other === handover) return;
  throw new InvalidOptionError(
    'adapter',
    'a MessengerAdapter that was made with another VccLiveHandover',
    'attached to the one that it was made with: new MessengerAdapter({ handover, verifyToken })',
  );
}

/** Lets an adapter accept the activities of Azure's Facebook channel that it would refuse. A second call changes nothing. */
export function repairProcess(adapter: BaseAdapter): void {
  if (repaired.has(adapter)) return;
  repaired.add(adapter);
  const { process } = adapter as unknown as Partial<WithProcess>;
  if (typeof process !== 'function') return;
  const receiving = adapter as unknown as WithProcess;
  receiving.process = (request, ...rest) => {
    request.body = acceptableBody(request.body);
    return process.call(adapter, request, ...rest);
  };
}

/** The client id of the adapter's own settings; `undefined` if it has none, as a bot that is tried without Azure. */
export function clientIdOf(adapter: BaseAdapter): string | undefined {
  const id = stringOf(memberOf(memberOf(adapter, 'authConfig'), 'clientId'));
  return id === '' ? undefined : id;
}

/** A member of an object or of its class. */
function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
