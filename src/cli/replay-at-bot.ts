/** `simulate --replay`: waits for the bot, plays the recording at it, and says where its Graph calls differ. */
import { access, constants } from 'node:fs/promises';
import { HandoverError } from '../thread/errors.js';
import { replayText, type MessengerSimulator } from '../simulator/index.js';
import type { BotVerdict } from './check-bot.js';

/** What is played. */
export interface ReplayOptions {
  readonly file: string;
  /** How long a recorded call may take to come, milliseconds. */
  readonly waitMs: number;
}

/** What it needs of the command. */
export interface ReplayHost {
  readonly check: () => Promise<BotVerdict>;
  readonly say: (line: string) => void;
  /** Resolves when the user ends the command. */
  readonly stopped: Promise<void>;
}

const CHECK_EVERY_MS = 1000;

/** @throws {@link HandoverError} if the file cannot be read */
export async function checkReadable(file: string): Promise<void> {
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown failure';
    throw new HandoverError(
      'invalidOption',
      `${file} cannot be read (${code}). Give --replay the file of a recording.`,
    );
  }
}

/** Resolves with whether the bot makes the recorded calls; `undefined` if the user ended the command before. */
export async function replayAtBot(
  simulator: MessengerSimulator,
  { file, waitMs }: ReplayOptions,
  { check, say, stopped }: ReplayHost,
): Promise<boolean | undefined> {
  if (!(await untilReady({ check, say, stopped }))) return undefined;
  const report = await Promise.race([stopped, simulator.replay(file, { waitMs })]);
  if (report === undefined) return undefined;
  say(replayText(report));
  return report.differences.length === 0;
}

/** Checks the bot each second. False if the user ended the command before the bot was ready. */
async function untilReady({ check, say, stopped }: ReplayHost): Promise<boolean> {
  const ended = stopped.then(() => true);
  let said = '';
  for (;;) {
    const { ready, says } = await check();
    if (says !== said) say(says);
    said = says;
    if (ready) return true;
    const pause = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), CHECK_EVERY_MS));
    if (await Promise.race([ended, pause])) return false;
  }
}
