/** Proactive turns of the application and messages of the customer take turns in their thread. */
import type { ConversationReference, TurnContext } from 'botbuilder';
import { expect } from 'chai';
import { breath, closeScenes, dialogBot, scene, until } from './scene.js';
import type { Scene } from './scene.js';

const reference = ({ thread }: Scene): Partial<ConversationReference> => ({
  channelId: 'facebook',
  user: { id: thread.psid, name: '' },
  bot: { id: thread.pageId, name: '' },
  conversation: { id: thread.psid, isGroup: false, conversationType: '', name: '' },
});

const proactively = (stage: Scene, logic: (context: TurnContext) => Promise<void>): Promise<void> =>
  stage.bot.adapter.continueConversation(reference(stage), logic);

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

describe('A proactive turn', () => {
  afterEach(closeScenes);

  it('waits for the turn of a message, and the next message waits for it', async () => {
    const stage = await scene();
    const order: string[] = [];
    const turns = new Map(['slow', 'proactive'].map((name) => [name, gate()]));
    const turn = async (name: string): Promise<void> => {
      order.push(`${name} begins`);
      await turns.get(name)?.opened;
      order.push(`${name} ends`);
    };
    stage.bot.logic = async ({ activity }) => {
      if (activity.type === 'message') await turn(activity.text);
    };
    const slow = stage.customer.says('slow');
    await until(() => order.length === 1);
    const proactive = proactively(stage, () => turn('proactive'));
    await breath();
    expect(order).to.deep.equal(['slow begins']);
    turns.get('slow')?.open();
    await until(() => order.length === 3);
    const next = stage.customer.says('next');
    await breath();
    turns.get('proactive')?.open();
    await Promise.all([slow, proactive, next]);
    expect(order).to.deep.equal(['slow', 'proactive', 'next'].flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('that the turn of a message waits for runs inside that turn', async () => {
    const stage = await scene();
    stage.bot.logic = async (context) => {
      if (context.activity.type !== 'message') return;
      await context.sendActivity('before');
      await proactively(stage, async (inside) => {
        await inside.sendActivity('inside');
      });
      await context.sendActivity('after');
    };
    await stage.customer.says('go');
    expect(stage.customer.hears()).to.deep.equal(['before', 'inside', 'after']);
  });

  it('and a message that both go on with a dialog give it the result of its handover once', async () => {
    const stage = await scene();
    dialogBot(stage.bot, 'everyTurn');
    await stage.customer.says('agent please');
    const logic = stage.bot.logic;
    const hold = gate();
    stage.bot.logic = async (context) => {
      if (context.activity.type === 'message') await hold.opened;
      await logic(context);
    };
    // Released without a word: the customer's next turn, or the application's, finds the thread at home.
    await stage.agent.releases(stage.customer.psid);
    const said = stage.customer.says('hello again');
    const pushed = proactively(stage, (context) => logic(context));
    await breath();
    hold.open();
    await Promise.all([said, pushed]);
    expect(stage.bot.results).to.have.length(1);
  });
});
