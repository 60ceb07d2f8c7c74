/** The types of a bot on the Agents SDK: the compiler checks this file, and the last test runs it. */
import type { Activity } from '@microsoft/agents-activity';
import { ActivityHandler, AgentApplication, CloudAdapter, MessageFactory } from '@microsoft/agents-hosting';
import type { TurnContext, TurnState } from '@microsoft/agents-hosting';
import { MessengerAdapter, VccLiveHandover } from 'botbuilder-handover-vcclive/agents';
import type { MessengerAdapterOptions, VccLiveHandoverOptions } from 'botbuilder-handover-vcclive/agents';

interface Conversation {
  parcels: number;
}
interface State extends TurnState {
  conversation: Conversation;
}

const options: VccLiveHandoverOptions = {
  botAppId: '1000',
  vccLiveAppId: '2000',
  pageAccessToken: 'token',
  talkToAgent: [/agent/i, (context) => context.responded],
  texts: {
    connecting: (context) => MessageFactory.text(`One moment, ${context.activity.from?.name ?? ''}.`),
    failed: { type: 'message', text: 'no' },
    returned: null,
  },
  // Without an annotation, each function gets the SDK's own types.
  metadata: (context, request) => ({ channel: context.activity.channelIdChannel, reason: request.reason }),
  availability: (context) => (context.identity.aud === 'nobody' ? 'unavailable' : 'available'),
  satisfactionQuestion: { ask: (context: TurnContext, { outcome }) => `${context.activity.locale ?? ''}${outcome}` },
};

describe('The types of botbuilder-handover-vcclive/agents', () => {
  it('fit the SDK’s adapters, applications and handlers without a cast', () => {
    const adapter = new CloudAdapter({});
    const handover = new VccLiveHandover(options);
    adapter.use(handover);
    const app = new AgentApplication<State>({ adapter });
    handover.attach(app, { agentAppId: 'id' });
    handover.onResult(app, (_context, state, result) => {
      state.conversation.parcels = result.waitedMs;
      return Promise.resolve();
    });
    app.onMessage(/agent/, async (context) => {
      const notice: Activity = MessageFactory.text('One moment.');
      await handover.transfer(context, { notice });
      await handover.toAgent(context, { notice: { type: 'message', text: 'One moment.' } });
      await handover.take(context);
    });
    const messenger: Omit<MessengerAdapterOptions, 'handover'> = {
      verifyToken: 'word',
      appSecret: 'secret',
      // As a setting that may be missing.
      maxBodyBytes: undefined,
      maxPendingBodyBytes: 100_000_000,
      bodyTimeoutMs: 5000,
      ackDeadlineMs: 3000,
      record: undefined,
    };
    new AgentApplication({ adapter: new MessengerAdapter({ handover: new VccLiveHandover(options), ...messenger }) });
    const handler = new ActivityHandler();
    new VccLiveHandover(options).attach(new CloudAdapter({}), (context) => handler.run(context));
  });
});
