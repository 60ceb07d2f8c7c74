/**
 * Checks what the page asks for: a command with every field of the right shape, or a sentence that says what is wrong.
 *
 * Exists because every program on this machine can reach the stage, and because a clear 400 saves an hour.
 */
import { isJsonObject, type JsonObject } from '../webhook-items.js';
import { agentStates, attachmentTypes, dispositions, ticketChanges, type StageCommand } from './stage-words.js';

const TEXT_MAX = 2000;
const PAYLOAD_MAX = 1000;
const NAME_MAX = 60;
const CROWD_MAX = 500;
const LONGEST_EXTENSION_HOURS = 168;
/** 60 days: longer than anything on the platform lasts. */
const FORWARD_MAX_MS = 60 * 24 * 3_600_000;
const ID = /^[1-9]\d{0,31}$/;

/** The command, or what is wrong with it. */
export type ReadCommand = { readonly command: StageCommand } | { readonly problem: string };

type Check = (value: unknown) => string | undefined;
interface Field {
  readonly check: Check;
  readonly optional?: true;
}

const id: Field = {
  check: (value) => (typeof value === 'string' && ID.test(value) ? undefined : 'a string of digits'),
};
const optionalId: Field = { ...id, optional: true };
const thread = { psid: id, pageId: optionalId };
const say = text(TEXT_MAX);
const payload = text(PAYLOAD_MAX);

const FIELDS: Readonly<Record<StageCommand['act'], Readonly<Record<string, Field>>>> = {
  customerSays: { ...thread, text: say },
  customerTaps: { ...thread, title: payload, payload },
  customerPresses: { ...thread, payload, title: { ...payload, optional: true } },
  customerSends: { ...thread, type: oneOf(attachmentTypes), url: { check: isWebAddress, optional: true } },
  newCustomer: { name: { ...text(NAME_MAX), optional: true }, pageId: optionalId },
  crowdTalks: { customers: wholeNumber(1, CROWD_MAX), text: say },
  agentSays: { ...thread, text: say },
  agentHandsBack: { ...thread, disposition: oneOf(dispositions), note: { ...text(PAYLOAD_MAX / 2), optional: true } },
  agentClosesChat: { ...thread, disposition: oneOf(dispositions) },
  agentChangesTicket: { ...thread, change: oneOf(ticketChanges) },
  agentReleases: thread,
  agentTakes: thread,
  agentExtends: { ...thread, hours: wholeNumber(1, LONGEST_EXTENSION_HOURS) },
  agentIsNow: { username: text(NAME_MAX), state: oneOf(agentStates) },
  inboxReplies: { ...thread, text: say },
  inboxMovesToMain: thread,
  inboxMarksDone: thread,
  weather: { id: text(NAME_MAX), value: text(NAME_MAX) },
  calmWeather: {},
  clockForward: { ms: wholeNumber(1, FORWARD_MAX_MS) },
  restartBot: {},
  resubscribe: { pageId: optionalId },
  scenarioStart: { id: text(NAME_MAX) },
  scenarioNext: {},
  scenarioPlayAll: {},
  scenarioStop: {},
};

/** Reads the body of `POST /stage/act`. Unknown fields are refused: they are typing errors more often than not. */
export function readCommand(body: unknown): ReadCommand {
  if (!isJsonObject(body)) return { problem: 'The body must be a JSON object with "act".' };
  const { act } = body;
  if (typeof act !== 'string' || !Object.hasOwn(FIELDS, act)) {
    return { problem: `"act" must be one of ${Object.keys(FIELDS).join(', ')}.` };
  }
  const fields = FIELDS[act as StageCommand['act']];
  for (const name of Object.keys(body)) {
    if (name !== 'act' && !Object.hasOwn(fields, name)) return { problem: `"${act}" has no field "${name}".` };
  }
  for (const [name, { check, optional }] of Object.entries(fields)) {
    if (body[name] === undefined && optional === true) continue;
    const expected = check(body[name]);
    if (expected !== undefined) return { problem: `"${name}" of "${act}" must be ${expected}.` };
  }
  return attachmentProblem(body) ?? { command: body as unknown as StageCommand };
}

function attachmentProblem(body: JsonObject): ReadCommand | undefined {
  if (body['act'] !== 'customerSends' || body['type'] === 'location' || body['url'] !== undefined) return undefined;
  return { problem: '"url" of "customerSends" must be an http or https address.' };
}

function text(max: number): Field {
  const check: Check = (value) =>
    typeof value === 'string' && value.trim() !== '' && value.length <= max
      ? undefined
      : `a text of 1 to ${max} characters`;
  return { check };
}

function wholeNumber(min: number, max: number): Field {
  const check: Check = (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? undefined
      : `a whole number from ${min} to ${max}`;
  return { check };
}

function oneOf(values: readonly string[]): Field {
  return {
    check: (value) => (typeof value === 'string' && values.includes(value) ? undefined : `one of ${values.join(', ')}`),
  };
}

function isWebAddress(value: unknown): string | undefined {
  const fits = typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
  return fits ? undefined : 'an http or https address';
}
