/**
 * A bot without this package: the stock Facebook adapter, express, and a simple handover.
 *
 * It is for comparison (docs/comparison.md); do not copy it. It hands over well if nothing fails; the simulator shows the
 * other cases. The stock adapter calls https addresses only: `simulate --tls`, and `NODE_EXTRA_CA_CERTS` as printed there.
 */
import type { Activity, TurnContext } from 'botbuilder';
import { FacebookAdapter } from 'botbuilder-adapter-facebook';
import express from 'express';

const ASKS_FOR_AGENT = /\b(?:talk|speak|chat)\b.{0,40}\b(?:agent|human|person|operator)\b/i;
const {
  GRAPH_BASE_URL = 'https://graph.facebook.com',
  FACEBOOK_APP_SECRET = '',
  FACEBOOK_PAGE_ACCESS_TOKEN = '',
  FACEBOOK_VERIFY_TOKEN = '',
  VCC_LIVE_APP_ID = '',
  PORT = '3978',
} = process.env;

const adapter = new FacebookAdapter({
  api_host: new URL(GRAPH_BASE_URL).host,
  api_version: 'v26.0',
  access_token: FACEBOOK_PAGE_ACCESS_TOKEN,
  app_secret: FACEBOOK_APP_SECRET,
  verify_token: FACEBOOK_VERIFY_TOKEN,
});
adapter.onTurnError = async (context, error) => {
  console.error('The bot failed in a turn:', error);
  await context.sendActivity('Sorry, something went wrong.');
};

async function logic(context: TurnContext): Promise<void> {
  const { type, text, from } = context.activity as Partial<Activity> & { readonly from: { readonly id: string } };
  if (type !== 'message') return;
  if (text !== undefined && ASKS_FOR_AGENT.test(text)) {
    await context.sendActivity("I'm connecting you to an agent. One moment, please.");
    const api = await adapter.getAPI(context.activity);
    await api.callAPI('/me/pass_thread_control', 'POST', {
      recipient: { id: from.id },
      target_app_id: VCC_LIVE_APP_ID,
    });
    return;
  }
  await context.sendActivity(`You said: ${text ?? 'something without words'}`);
}

const server = express();
server.use(
  express.json({
    verify: (request, _response, bytes) => {
      Object.assign(request, { rawBody: bytes });
    },
  }),
);
server.get('/api/messages', (request, response) => {
  const { 'hub.verify_token': token, 'hub.challenge': challenge } = request.query;
  if (token === FACEBOOK_VERIFY_TOKEN && typeof challenge === 'string') response.type('text/plain').send(challenge);
  else response.sendStatus(403);
});
// As in the adapter's own documents: nobody handles its rejection, so Node ends the process.
server.post('/api/messages', (request, response) => void adapter.processActivity(request, response, logic));
server.listen(Number(PORT), () => console.log(`The stock bot listens on http://localhost:${PORT}/api/messages`));
