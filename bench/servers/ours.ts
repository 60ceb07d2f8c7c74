/** The adapter of this package, with its middleware and the memory store, set up as the README says. */
import * as http from 'node:http';
import { VccLiveHandover } from 'botbuilder-handover-vcclive';
import { HandoverFacebookAdapter } from 'botbuilder-handover-vcclive/facebook-adapter';
import { APP_SECRET, BOT_APP_ID, OTHER_APP_ID, PAGE_TOKEN, VERIFY_TOKEN } from '../settings.js';
import type { Bot, Framework } from './bots.js';
import { latenessMs, logicOf } from './bots.js';
import { restifyServer } from './restify.js';

export interface OurServer {
  readonly graphOrigin: string;
  readonly bot: Bot;
  readonly framework: Framework;
  readonly inlineThreadControl?: boolean;
}

export async function ourServer(how: OurServer): Promise<http.Server> {
  const adapter = ourAdapter(how.graphOrigin, how.inlineThreadControl === true);
  const logic = logicOf(how.bot);
  if (how.framework === 'restify') return restifyServer((req, res) => adapter.processActivity(req, res, logic));
  return http.createServer((req, res) => void adapter.processActivity(req, res, logic));
}

/** How late the quick turns since the last question were, milliseconds. */
export function quickTurnsMs(): number[] {
  return latenessMs.splice(0);
}

export function ourAdapter(graphOrigin: string, inlineThreadControl = false): HandoverFacebookAdapter {
  const handover = new VccLiveHandover({
    botAppId: BOT_APP_ID,
    vccLiveAppId: OTHER_APP_ID,
    pageAccessToken: PAGE_TOKEN,
    appSecret: APP_SECRET,
    graph: { baseUrl: graphOrigin },
    inlineThreadControl,
  });
  return new HandoverFacebookAdapter({ handover, verify_token: VERIFY_TOKEN });
}
