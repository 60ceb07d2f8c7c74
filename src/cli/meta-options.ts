/** The options that every command has which talks to Meta, in one group of their own in the help. */
import type { Command } from 'commander';
import type { CommandLineHost } from './command-host.js';
import { readMetaSettings, type MetaSettings, type TypedSettings } from './meta-settings.js';

/** Adds them. */
export function withMetaOptions(command: Command): Command {
  return command
    .optionsGroup('Settings (default: the environment, then .env in this folder):')
    .option('--app-id <id>', "the bot's app id [FACEBOOK_APP_ID]")
    .option('--app-secret <secret>', 'its secret; better in the environment [FACEBOOK_APP_SECRET]')
    .option('--page-access-token <token>', 'better in the environment [FACEBOOK_PAGE_ACCESS_TOKEN]')
    .option('--verify-token <token>', 'better in the environment [FACEBOOK_VERIFY_TOKEN]')
    .option('--vcc-live-app-id <id>', "VCC Live's app id [VCC_LIVE_APP_ID]")
    .option('--page <id>', "the Page's id; default: that of the token [FACEBOOK_PAGE_ID]")
    .option('--graph <origin>', "Meta's, unless given [GRAPH_BASE_URL]")
    .option('--api-version <version>', 'such as v26.0 [GRAPH_API_VERSION]')
    .option('--env-file <file>', 'another file than .env')
    .option('--no-env-file', 'read no file');
}

/** What was typed and configured. */
export function metaSettingsOf(
  typed: Omit<TypedSettings, 'envFile'> & { readonly envFile?: string | boolean },
  host: CommandLineHost,
): MetaSettings {
  const { envFile, ...others } = typed;
  // commander makes `true` of a `--no-…` that was not typed.
  const file = envFile === true || envFile === undefined ? {} : { envFile };
  return readMetaSettings(
    { ...others, ...file },
    {
      env: host.env ?? {},
      folder: host.folder ?? process.cwd(),
      warn: (line) => host.complain(`${line}\n`),
    },
  );
}
