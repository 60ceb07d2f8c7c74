/**
 * One turn through an adapter's middleware to the bot's logic: what Bot Framework's `BotAdapter.runMiddleware` does.
 *
 * Exists because that is compiled to a generator made anew for each turn, which costs a busy process a quarter of all
 * that it does for a message. The bot sees no difference: the same middleware, a context that is revoked at the end of the
 * turn, errors to `onTurnError`. An adapter with a `runMiddleware` of its own keeps it.
 * @see https://learn.microsoft.com/javascript/api/botbuilder-core/botadapter
 */
import type { TurnContext } from 'botbuilder';
import { BotAdapter } from 'botbuilder';
import type { BotLogic } from './options.js';

/** What is `protected` or `private` in Bot Framework's class. */
interface Inside {
  readonly middleware: { run(context: TurnContext, next: () => Promise<void>): Promise<void> };
  runMiddleware(context: TurnContext, next: BotLogic): Promise<void>;
}

// eslint-disable-next-line @typescript-eslint/unbound-method -- compared, not called
const frameworks = (BotAdapter.prototype as unknown as Inside).runMiddleware;

/** Runs the turn. Rejects with the error of middleware or logic if the adapter has no `onTurnError`. */
export function runMiddleware(adapter: BotAdapter, context: TurnContext, logic: BotLogic): Promise<void> {
  const inside = adapter as unknown as Inside;
  return inside.runMiddleware === frameworks
    ? run(adapter, inside, context, logic)
    : inside.runMiddleware(context, logic);
}

/** Without `async`: that makes two promises more for each turn. */
function run(adapter: BotAdapter, inside: Inside, context: TurnContext, logic: BotLogic): Promise<void> {
  const { locale } = context.activity;
  if (locale) context.locale = locale;
  const { proxy, revoke } = Proxy.revocable(context, {});
  return inside.middleware
    .run(proxy, () => logic(proxy))
    .then(revoke, (error: unknown) => handled(adapter, proxy, error).finally(revoke));
}

async function handled(adapter: BotAdapter, context: TurnContext, error: unknown): Promise<void> {
  // Bot Framework's types say that there is always one.
  const onTurnError = adapter.onTurnError as BotAdapter['onTurnError'] | undefined;
  if (!onTurnError) throw error;
  await onTurnError.call(adapter, context, error as Error);
}
