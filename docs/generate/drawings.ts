/**
 * Writes the drawings of README.md and ARCHITECTURE.md into docs/images.
 *
 * `npx tsx docs/generate/drawings.ts` after a change of this file; a test fails if somebody forgets it.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Drawing } from './svg.js';
import { svgOf } from './svg.js';

const IMAGES = resolve(__dirname, '..', 'images');

const messageInShort: Drawing = {
  size: '900 190',
  description:
    'Meta delivers a message. The plugin records what it proves about the owner and decides whether your bot runs. A reply leaves only if the bot may still speak.',
  boxes: [
    { frame: '20 20 130 150', title: 'Meta', text: 'Messenger | Platform', look: 'outside' },
    { frame: '250 20 220 60', title: 'Who owns the thread?', text: 'evidence is recorded' },
    { frame: '600 20 280 60', title: 'Your bot', text: 'its logic and its dialogs', look: 'yours' },
    { frame: '250 110 220 60', title: 'May this leave?', text: 'another app owns it: silence' },
  ],
  arrows: [
    { path: '150 50, 250 50', label: 'webhook', labelAt: '198 38' },
    { path: '470 50, 600 50', label: 'the bot owns it', labelAt: '534 38' },
    { path: '740 80, 740 140, 470 140', label: 'reply', labelAt: '600 128' },
    { path: '250 140, 150 140', label: 'Graph call', labelAt: '200 128' },
  ],
};

const messageInFull: Drawing = {
  size: '1000 500',
  description:
    'The way of a message: Meta, webhook, queue, handover, bot, outgoing guards, graph, and Meta again. The store is read and written at three points.',
  boxes: [
    { frame: '20 20 130 460', title: 'Meta', text: 'Messenger | Platform', look: 'outside' },
    { frame: '250 20 190 110', title: 'webhook/', text: 'verifies the signature, | makes one event | of each item' },
    {
      frame: '520 20 190 110',
      title: 'queue/',
      text: 'takes a ticket, waits for | earlier turns | of the same thread',
    },
    {
      frame: '790 20 190 110',
      title: 'handover/',
      text: 'records the evidence | at arrival, decides | the turn when it is next',
    },
    {
      frame: '250 205 460 80',
      title: 'Store: memory, SQLite, Redis, Bot Framework storage',
      text: 'the record of each thread, its tickets, due times',
      look: 'outside',
    },
    { frame: '790 205 190 80', title: 'bot/', text: 'runs the middleware, | looks for a trigger' },
    { frame: '790 370 190 110', title: 'Your bot', text: 'its logic | and its dialogs', look: 'yours' },
    {
      frame: '520 370 190 110',
      title: 'bot/ and handover/',
      text: 'outgoing guards: | same owner, same epoch, | ticket still valid?',
    },
    { frame: '250 370 190 110', title: 'graph/', text: 'calls Meta, reads | answers and refusals | as evidence' },
  ],
  arrows: [
    { path: '150 50, 250 50', label: 'webhook', labelAt: '200 38' },
    { path: '250 105, 150 105', label: '200 or 503', labelAt: '200 93' },
    { path: '440 75, 520 75', label: 'events', labelAt: '480 63' },
    { path: '710 75, 790 75', label: 'in order', labelAt: '750 63' },
    {
      path: '615 130, 615 205',
      label: 'ticket and evidence, | one atomic write',
      labelAt: '625 158',
      anchor: 'start',
      both: true,
    },
    { path: '885 130, 885 205', label: 'the bot | may act', labelAt: '893 158', anchor: 'start' },
    { path: '885 285, 885 370', label: 'turn', labelAt: '893 328', anchor: 'start' },
    { path: '790 425, 710 425', label: 'reply', labelAt: '750 413' },
    { path: '615 285, 615 370', label: 'one read before | anything leaves', labelAt: '625 318', anchor: 'start' },
    { path: '520 425, 440 425', label: 'allowed', labelAt: '480 413' },
    { path: '345 370, 345 285', label: 'an accepted send | is evidence too', labelAt: '355 318', anchor: 'start' },
    { path: '250 425, 150 425', label: 'Graph call', labelAt: '200 413' },
  ],
};

const handoverStates: Drawing = {
  size: '1000 470',
  description:
    'The states of a handover: armed, unconfirmed, passed, claimed, returning, and the conclusion with its six outcomes.',
  boxes: [
    { frame: '20 30 150 70', title: 'no handover', text: 'the bot speaks', look: 'yours' },
    { frame: '280 30 180 70', title: 'armed', text: 'the intent is stored, | the notice is sent' },
    { frame: '280 190 180 70', title: 'unconfirmed', text: 'the pass was sent, | its outcome is unknown' },
    { frame: '560 30 180 70', title: 'passed', text: 'VCC Live owns the | thread, nobody wrote' },
    { frame: '820 30 160 70', title: 'passed, claimed', text: 'an agent has | answered' },
    { frame: '670 190 180 70', title: 'returning', text: 'the bot is taking | the thread back' },
    {
      frame: '20 360 960 90',
      title: 'concluded, once',
      text: 'refused · failed · completed · unclaimed · abandoned · takenBack | the waiting dialog gets the result, once; the bot speaks again',
      look: 'yours',
    },
  ],
  arrows: [
    { path: '170 65, 280 65', label: 'trigger, dialog, | toAgent', labelAt: '225 32' },
    { path: '95 100, 95 360', label: 'no agent, | or already | open: | refused', labelAt: '103 212', anchor: 'start' },
    { path: '460 65, 560 65', label: 'Meta | confirms', labelAt: '510 38' },
    { path: '345 100, 345 190', label: 'answer lost', labelAt: '353 145', anchor: 'start' },
    { path: '460 215, 590 215, 590 100', label: 'thread_owner: | VCC Live', labelAt: '526 184' },
    { path: '370 260, 370 360', label: 'not passed after | the retries: failed', labelAt: '378 300', anchor: 'start' },
    { path: '280 85, 215 85, 215 360', label: 'Meta | refuses: | failed', labelAt: '223 292', anchor: 'start' },
    { path: '740 65, 820 65', label: 'agent | writes', labelAt: '780 38' },
    {
      path: '710 100, 710 190',
      label: 'timer, take, | reclaim word, | closed chat',
      labelAt: '718 124',
      anchor: 'start',
    },
    { path: '835 100, 835 190', label: 'the same', labelAt: '843 145', anchor: 'start' },
    {
      path: '760 260, 760 360',
      label: 'unclaimed, abandoned, | takenBack, completed',
      labelAt: '768 300',
      anchor: 'start',
    },
    { path: '635 100, 635 360', label: 'passed back, | or a message: | completed', labelAt: '627 272', anchor: 'end' },
    { path: '960 100, 960 360', label: 'passed back, | message: | completed', labelAt: '952 205', anchor: 'end' },
  ],
};

const threadOwner: Drawing = {
  size: '1000 430',
  description:
    'Who owns the thread: on one side bot, idle and unknown, on the other VCC Live and other apps. Each change to, from or between other apps begins a new epoch.',
  boxes: [
    { frame: '20 20 350 390', title: 'The bot may speak', look: 'area' },
    { frame: '630 20 350 390', title: 'The bot is silent', look: 'area' },
    { frame: '60 65 270 80', title: 'bot', text: 'a customer’s message on messaging, | an accepted send' },
    { frame: '60 190 270 80', title: 'idle', text: '24 hours without activity, | or a release' },
    { frame: '60 315 270 70', title: 'unknown', text: 'no evidence yet' },
    { frame: '670 65 270 80', title: 'VCC Live', text: 'a confirmed pass, | its echo on standby' },
    {
      frame: '670 235 270 150',
      title: 'another app',
      text: 'the Page inbox, or unnamed: | anything on standby, | a refused send',
    },
  ],
  arrows: [
    { path: '370 85, 670 85', label: 'pass, take by VCC Live: epoch + 1', labelAt: '520 73' },
    { path: '670 125, 330 125', label: 'pass back, take, message: epoch + 1', labelAt: '520 113' },
    { path: '700 145, 700 205, 330 205', label: '24 hours, release: epoch + 1', labelAt: '520 193' },
    { path: '370 255, 670 255', label: 'another app takes it: epoch + 1', labelAt: '520 243' },
    { path: '670 330, 370 330', label: 'pass back, take, message, | 24 hours, release: epoch + 1', labelAt: '520 300' },
    {
      path: '780 145, 780 235',
      label: 'epoch + 1, unless | only the name is new',
      labelAt: '790 182',
      anchor: 'start',
      both: true,
    },
    { path: '195 145, 195 190', label: 'same epoch', labelAt: '205 168', anchor: 'start', both: true },
    { path: '195 315, 195 270', label: 'same epoch', labelAt: '205 293', anchor: 'start' },
  ],
};

/** Every drawing, by the name of its file in docs/images. */
export const DRAWINGS: Readonly<Record<string, Drawing>> = {
  'message-in-short.svg': messageInShort,
  'message-in-full.svg': messageInFull,
  'handover-states.svg': handoverStates,
  'thread-owner.svg': threadOwner,
};

/** Where a drawing is. */
export function fileOf(name: string): string {
  return resolve(IMAGES, name);
}

if (require.main === module) {
  for (const [name, drawing] of Object.entries(DRAWINGS)) writeFileSync(fileOf(name), svgOf(drawing));
}
