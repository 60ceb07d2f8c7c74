/** One turn through an adapter's middleware: what Bot Framework's own `runMiddleware` does, step by step. */
import { expect } from 'chai';
import type { Activity, ResourceResponse } from 'botbuilder';
import { BotAdapter, TurnContext } from 'botbuilder';
import { runMiddleware } from '../../src/botbuilder/run-middleware.js';

class QuietAdapter extends BotAdapter {
  async sendActivities(): Promise<ResourceResponse[]> {
    return [];
  }
  async updateActivity(): Promise<void> {}
  async deleteActivity(): Promise<void> {}
  async continueConversation(): Promise<void> {}
}

type Run = (adapter: BotAdapter, context: TurnContext, logic: (context: TurnContext) => Promise<void>) => Promise<void>;

const frameworks: Run = (adapter, context, logic) =>
  (adapter as unknown as { runMiddleware: (...of: unknown[]) => Promise<void> }).runMiddleware(context, logic);

/** What there is to see in one turn, whoever runs it. */
interface Case {
  readonly name: string;
  readonly activity?: Partial<Activity>;
  readonly adapter?: (adapter: BotAdapter, seen: string[]) => void;
  readonly logic?: (context: TurnContext, seen: string[]) => Promise<void>;
}

const CASES: readonly Case[] = [
  {
    name: 'runs the middleware in order, the logic, and the middleware backwards',
    adapter: (adapter, seen) => {
      for (const name of ['one', 'two']) {
        adapter.use(async (_context, next) => {
          seen.push(`${name} before`);
          await next();
          seen.push(`${name} after`);
        });
      }
    },
  },
  {
    name: 'runs no logic where a middleware does not go on',
    adapter: (adapter, seen) => {
      adapter.use(async () => {
        seen.push('ends here');
      });
    },
  },
  { name: 'takes the language of the activity over', activity: { locale: 'hu-HU' } },
  {
    name: 'rejects with the error of the logic where there is no onTurnError',
    logic: async () => {
      throw new Error('of the logic');
    },
  },
  {
    name: 'rejects with what a middleware throws at once',
    adapter: (adapter) => {
      adapter.use(() => {
        throw new Error('of the middleware');
      });
    },
  },
  {
    name: 'gives the error to onTurnError, with a context that still works, and resolves',
    adapter: (adapter, seen) => {
      adapter.onTurnError = async (context, error) => {
        seen.push(`onTurnError: ${error.message} in ${context.activity.id}`);
      };
    },
    logic: async () => {
      throw new Error('of the logic');
    },
  },
  {
    name: 'rejects where onTurnError throws',
    adapter: (adapter) => {
      adapter.onTurnError = async () => {
        throw new Error('of onTurnError');
      };
    },
    logic: async () => {
      throw new Error('of the logic');
    },
  },
];

async function seenBy(run: Run, { activity = {}, adapter: set, logic }: Case): Promise<readonly string[]> {
  const seen: string[] = [];
  const adapter = new QuietAdapter();
  set?.(adapter, seen);
  const bare = new TurnContext(adapter, { type: 'message', id: 'm_1', ...activity });
  let kept: TurnContext = bare;
  adapter.use(async (context, next) => {
    kept = context;
    seen.push(context === bare ? 'the bare context' : 'a proxy of the context');
    await next();
  });
  try {
    await run(adapter, bare, async (context) => {
      seen.push(`logic on ${context.activity.id} in ${context.locale ?? 'no language'}`);
      await logic?.(context, seen);
    });
    seen.push('resolved');
  } catch (error) {
    seen.push(`rejected: ${(error as Error).message}`);
  }
  try {
    seen.push(kept === bare ? 'no context was given' : `still works: ${kept.activity.id}`);
  } catch (error) {
    seen.push(`revoked: ${(error as Error).name}`);
  }
  return seen;
}

describe('a turn through the middleware', () => {
  for (const each of CASES) {
    it(`${each.name}, as Bot Framework does`, async () => {
      const expected = await seenBy(frameworks, each);
      expect(expected.length, 'what there is to see').to.be.greaterThan(1);
      expect(await seenBy(runMiddleware, each)).to.deep.equal(expected);
    });
  }

  it('revokes the context when the turn is over, so that what is kept of it fails instead of speaking', async () => {
    expect(await seenBy(runMiddleware, { name: 'any' })).to.include('revoked: TypeError');
  });

  it('leaves the turn to an adapter that runs its middleware in a way of its own', async () => {
    const ran: string[] = [];
    class OwnWay extends QuietAdapter {
      protected override async runMiddleware(
        context: TurnContext,
        logic: (context: TurnContext) => Promise<void>,
      ): Promise<void> {
        ran.push('its own way');
        await super.runMiddleware(context, logic);
      }
    }
    const adapter = new OwnWay();
    await runMiddleware(adapter, new TurnContext(adapter, { type: 'message' }), async () => {
      ran.push('logic');
    });
    expect(ran).to.deep.equal(['its own way', 'logic']);
  });
});
