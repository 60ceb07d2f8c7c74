/** The text of `.env.example`: each variable that a bot reads, with where a person finds its value. */
import type { BotKind } from './bot-kinds.js';

const META: Readonly<Record<string, string>> = {
  FACEBOOK_APP_ID: "The bot's Facebook app id: App Dashboard, top left",
  FACEBOOK_APP_SECRET: "The app's secret: App Dashboard > App settings > Basic",
  FACEBOOK_PAGE_ACCESS_TOKEN: 'A token of the Page: App Dashboard > Messenger > Messenger API Settings',
  FACEBOOK_VERIFY_TOKEN: 'A word of your own; type the same one into the webhook settings of the app',
  VCC_LIVE_APP_ID: "VCC Live's Facebook app id: VCC Live support tells it",
};
const AZURE: Readonly<Record<string, string>> = {
  MicrosoftAppId: "The bot registration's app id: Azure portal > the bot > Configuration",
  MicrosoftAppPassword: 'Its client secret',
  MicrosoftAppType: 'MultiTenant, SingleTenant or UserAssignedMSI',
  MicrosoftAppTenantId: 'The tenant, for a SingleTenant bot',
};

/** The variables of a kind of bot, with what each is. */
export function variablesOf(kind: BotKind): Readonly<Record<string, string>> {
  if (kind !== 'azure') return META;
  // Azure verifies Meta's webhook itself.
  const others = Object.entries(META).filter(([name]) => name !== 'FACEBOOK_VERIFY_TOKEN');
  return { ...Object.fromEntries(others), ...AZURE };
}

/** @param kind of the bot */
export function envExample(kind: BotKind): string {
  const lines = Object.entries(variablesOf(kind)).map(([name, what]) => `# ${what}\n${name}=\n`);
  const simulator = '# Only to try the bot without Facebook: the address that `simulate` prints\n# GRAPH_BASE_URL=\n';
  return ['# Copy this file to .env and fill it in. Keep .env out of the repository.\n', ...lines, simulator].join(
    '\n',
  );
}
