/**
 * The switches of the weather: the label, what a person should expect, the current value, and how to change it.
 */
import type { Fault, Weather } from '../weather.js';
import type { SwitchView } from './stage-words.js';

/** How far apart reordered webhooks may be, milliseconds. */
const REORDER_MS = 1500;
/** How long webhooks are collected into one delivery, milliseconds. */
const BATCHING_MS = 1000;
/** How long each webhook waits, milliseconds. */
const DELAY_MS = 3000;

interface Switch extends Omit<SwitchView, 'value'> {
  readonly read: (weather: Weather) => string;
  readonly turn: (weather: Weather, value: string) => void;
}

/** The switches of one simulator's weather. */
export class WeatherBoard {
  readonly #weather: Weather;
  /** The last value of each fault: a fault itself says only whether it can still happen. */
  readonly #turned = new Map<string, string>();

  constructor(weather: Weather) {
    this.#weather = weather;
  }

  /** The value of every switch, whoever set it. */
  read(): SwitchView[] {
    return switches.map(({ id, label, help, group, choices, read }) => {
      const value = read(this.#weather);
      return { id, label, help, group, choices, value: value === 'on?' ? this.#remembered(id, choices) : value };
    });
  }

  /** Sets a switch. @returns what is wrong with the request, or nothing */
  turn(id: string, value: string): string | undefined {
    const found = switches.find((one) => one.id === id);
    if (found === undefined)
      return `"id" names no switch of the weather; there are ${switches.map((one) => one.id).join(', ')}`;
    if (!found.choices.some((choice) => choice.value === value)) {
      return `"value" of ${id} must be one of ${found.choices.map((choice) => choice.value).join(', ')}`;
    }
    found.turn(this.#weather, value);
    this.#turned.set(id, value);
    return undefined;
  }

  /** If a test set the fault, the switch shows the last choice, which is the strongest. */
  #remembered(id: string, choices: SwitchView['choices']): string {
    const turned = this.#turned.get(id);
    return turned === undefined || turned === 'off' ? (choices.at(-1)?.value ?? 'off') : turned;
  }
}

const OFF_ON = [
  { value: 'off', label: 'Off' },
  { value: 'on', label: 'On' },
] as const;

const OFF_NEXT_EVERY = [
  { value: 'off', label: 'Off' },
  { value: 'next', label: 'The next call' },
  { value: 'every', label: 'Every call' },
] as const;

const switches: readonly Switch[] = [
  {
    id: 'duplicates',
    label: 'Duplicates',
    help: 'Meta delivers the same event twice. The bot should answer it once.',
    group: 'webhooks',
    choices: [
      { value: 'off', label: 'Off' },
      { value: 'after', label: 'Again, afterwards' },
      { value: 'together', label: 'Both at once' },
      { value: 'sameDelivery', label: 'Twice in one delivery' },
    ],
    read: (weather) => (weather.duplicates === 0 ? 'off' : weather.duplicatesCome),
    turn: (weather, value) => {
      weather.duplicates = value === 'off' ? 0 : 1;
      weather.duplicatesCome = value === 'together' || value === 'sameDelivery' ? value : 'after';
    },
  },
  {
    id: 'reorder',
    label: 'Reordering',
    help: `Each event arrives up to ${REORDER_MS / 1000} s late, in any order.`,
    group: 'webhooks',
    choices: OFF_ON,
    read: (weather) => (weather.reorderMs > 0 ? 'on' : 'off'),
    turn: (weather, value) => void (weather.reorderMs = value === 'on' ? REORDER_MS : 0),
  },
  {
    id: 'batching',
    label: 'Batching',
    help: `Meta delivers the events of ${BATCHING_MS / 1000} s together.`,
    group: 'webhooks',
    choices: OFF_ON,
    read: (weather) => (weather.batchingMs > 0 ? 'on' : 'off'),
    turn: (weather, value) => void (weather.batchingMs = value === 'on' ? BATCHING_MS : 0),
  },
  {
    id: 'delay',
    label: 'Delay',
    help: `Every event arrives ${DELAY_MS / 1000} s late.`,
    group: 'webhooks',
    choices: OFF_ON,
    read: (weather) => (weather.delayMs > 0 ? 'on' : 'off'),
    turn: (weather, value) => void (weather.delayMs = value === 'on' ? DELAY_MS : 0),
  },
  {
    id: 'botDown',
    label: 'Bot is down',
    help: 'Nothing reaches the bot. Meta tries again, warns after 15 minutes, and unsubscribes the app after one hour.',
    group: 'webhooks',
    choices: OFF_ON,
    read: (weather) => (weather.botDown.active ? 'on' : 'off'),
    turn: (weather, value) => {
      weather.botDown.off();
      if (value === 'on') weather.botDown.always();
    },
  },
  {
    ...fault('oddItems', (weather) => weather.oddItems),
    label: 'Odd items',
    help: 'Each delivery also has an app_roles item without a sender. The stock adapter crashes on it.',
    group: 'webhooks',
    choices: [
      { value: 'off', label: 'Off' },
      { value: 'next', label: 'The next event' },
      { value: 'every', label: 'Every event' },
    ],
  },
  {
    id: 'lostAnswer',
    label: 'Lost answer',
    help: 'Graph does what the bot asked, then the connection breaks. The bot cannot know.',
    group: 'graph',
    choices: [
      { value: 'off', label: 'Off' },
      { value: 'nextPass', label: 'The next pass' },
      { value: 'nextSend', label: 'The next send' },
      { value: 'every', label: 'Every call' },
    ],
    read: (weather) => (weather.lostAnswers.active ? 'on?' : 'off'),
    turn: (weather, value) => {
      weather.lostAnswers.off();
      if (value === 'nextPass') weather.lostAnswers.once({ edges: ['pass_thread_control'] });
      if (value === 'nextSend') weather.lostAnswers.once({ edges: ['messages'] });
      if (value === 'every') weather.lostAnswers.always();
    },
  },
  {
    ...fault('http500', (weather) => weather.http500),
    label: 'HTTP 500',
    help: 'Graph answers with a server error and does nothing.',
    group: 'graph',
    choices: OFF_NEXT_EVERY,
  },
  {
    ...fault('rateLimit', (weather) => weather.rateLimited),
    label: 'Rate limit',
    help: 'Graph answers 613 and names one minute to wait.',
    group: 'graph',
    choices: OFF_NEXT_EVERY,
  },
  {
    ...fault('slow', (weather) => weather.slow),
    label: 'Slow Graph',
    help: 'The answer takes ten seconds.',
    group: 'graph',
    choices: OFF_NEXT_EVERY,
  },
  {
    id: 'deadToken',
    label: 'Dead token',
    help: 'The Page token has expired: Graph answers every call with error 190.',
    group: 'graph',
    choices: OFF_ON,
    read: (weather) => (weather.deadToken.active ? 'on' : 'off'),
    turn: (weather, value) => {
      weather.deadToken.off();
      if (value === 'on') weather.deadToken.always();
    },
  },
  {
    id: 'routingOff',
    label: 'Conversation routing off',
    help: 'The Page has no default application. Any app may write into an idle thread, and Graph refuses take.',
    group: 'page',
    choices: OFF_ON,
    read: (weather) => (weather.routingOff ? 'on' : 'off'),
    turn: (weather, value) => void (weather.routingOff = value === 'on'),
  },
  {
    id: 'takeNotAllowed',
    label: 'Take control off',
    help: 'The Page setting “Allow this app to take control” is off for every app.',
    group: 'page',
    choices: OFF_ON,
    read: (weather) => (weather.takeNotAllowed ? 'on' : 'off'),
    turn: (weather, value) => void (weather.takeNotAllowed = value === 'on'),
  },
  {
    id: 'noAgents',
    label: 'No agents',
    help: 'VCC Live says that nobody is logged in. Works for a bot that asks VCC Live, as the sample bot does.',
    group: 'page',
    choices: OFF_ON,
    read: (weather) => (weather.noAgents ? 'on' : 'off'),
    turn: (weather, value) => void (weather.noAgents = value === 'on'),
  },
  {
    ...fault('vccLiveApiDown', (weather) => weather.vccLiveApiDown),
    label: 'VCC Live API down',
    help: 'VCC Live answers HTTP 500 when the bot asks who is there. The bot hands the customer over.',
    group: 'page',
    choices: OFF_NEXT_EVERY,
  },
  {
    ...fault('vccLiveAnswersLost', (weather) => weather.vccLiveAnswersLost),
    label: 'VCC Live repeats',
    help: 'The bot’s answer to a webhook of VCC Live is lost, so VCC Live sends the same again.',
    group: 'webhooks',
    choices: [
      { value: 'off', label: 'Off' },
      { value: 'next', label: 'The next one' },
      { value: 'every', label: 'Every one' },
    ],
  },
];

/** `on?`: the fault can happen, and only whoever set it knows how often. */
function fault(id: string, of: (weather: Weather) => Fault): Pick<Switch, 'id' | 'read' | 'turn'> {
  return {
    id,
    read: (weather) => (of(weather).active ? 'on?' : 'off'),
    turn: (weather, value) => {
      of(weather).off();
      if (value === 'next') of(weather).once();
      if (value === 'every') of(weather).always();
    },
  };
}
