/**
 * Makes the activities of Azure Bot Service's Facebook channel acceptable to the Agents SDK before it looks at them.
 *
 * The SDK's CloudAdapter answers 400 to an activity without a conversation, before any middleware. All standby and request
 * events of the channel have none, so an agent's words would never be seen. Its schema also throws on `text: null`, on ids
 * that are numbers, and on an attachment without a content type.
 * @see https://github.com/microsoft/BotFramework-BlogSamples/tree/master/blog-samples/CSharp/FacebookHandover
 */
import { Activity } from '@microsoft/agents-activity';
import { isRecord } from '../thread/read-unknown.js';
import type * as shapes from '../activities/activity.js';
import { addressTurn, readTurn } from '../activities/read-turn.js';
import { isSameThread } from '../bot/addresses/address.js';

/** What the SDK's schema says of one value: it is an error of zod, known here by its shape. */
interface Issue {
  readonly path: readonly (string | number)[];
}

type Fields = Record<string | number, unknown>;

const CHANNEL = 'facebook';
/** A value that is put right may show the next one that is wrong. */
const MAX_ROUNDS = 5;
/** What stands in for a required value that is missing, by the last name of its path. */
const STAND_INS: Readonly<Record<string, unknown>> = { contentType: 'application/octet-stream', to: [], type: 'event' };

/** The body as the SDK accepts it. Other channels' bodies, and what is no activity, come back as they are. */
export function acceptableBody(body: unknown): unknown {
  if (!isRecord(body) || body['channelId'] !== CHANNEL) return body;
  return withConversation(acceptable(body));
}

/** Gives the activity the conversation of the thread that it is about, if it has none. */
function withConversation(activity: shapes.Activity): shapes.Activity {
  if (activity.conversation?.id) return activity;
  const { events } = readTurn(activity);
  const threads = events.flatMap(({ pageId, psid }) => (pageId && psid ? [{ pageId, psid }] : []));
  const [thread] = threads;
  const pageId = events.find((event) => event.pageId !== undefined)?.pageId;
  if (pageId === undefined) return activity;
  const addressed = { ...activity };
  // Whose turn it will be is known later if there are several customers, or none; the Page is a placeholder until then.
  if (thread && threads.every((each) => isSameThread(each, thread))) addressTurn(addressed, thread);
  else Object.assign(addressed, { conversation: { id: pageId } });
  return addressed;
}

/** A copy in which every value that the SDK's schema refuses is put right or left out; the same object if there is none. */
function acceptable(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  let copy = body;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const issues = issuesOf(copy);
    if (issues.length === 0) return copy;
    if (copy === body) copy = structuredClone(body);
    // From the end: leaving out an item of a list moves those that follow it.
    for (const { path } of [...issues].reverse()) mend(copy, path);
  }
  return copy;
}

function issuesOf(body: object): readonly Issue[] {
  try {
    Activity.fromObject(body);
    return [];
  } catch (error) {
    const issues: unknown = isRecord(error) ? error['issues'] : undefined;
    return Array.isArray(issues) ? (issues as Issue[]).filter(({ path }) => path.length > 0) : [];
  }
}

/** Puts the value at a path right: a number becomes text, what is required gets a stand-in, anything else is left out. */
function mend(body: Fields, path: readonly (string | number)[]): void {
  const name = path.at(-1) as string | number;
  const holder = path.slice(0, -1).reduce<unknown>((value, key) => (isHolder(value) ? value[key] : undefined), body);
  if (!isHolder(holder)) return;
  const value = holder[name];
  if (typeof value === 'number') holder[name] = String(value);
  else if (value === null || value === undefined) standIn(body, path, holder, name);
  else remove(holder, name);
}

function standIn(body: Fields, path: readonly (string | number)[], holder: Fields, name: string | number): void {
  if (holder[name] === null && !(name in STAND_INS)) remove(holder, name);
  else if (name in STAND_INS) holder[name] = STAND_INS[name];
  // Something is required that nobody can make up, so what requires it goes.
  else if (path.length > 1) mend(body, path.slice(0, -1));
}

function remove(holder: Fields, name: string | number): void {
  if (Array.isArray(holder)) holder.splice(Number(name), 1);
  else Reflect.deleteProperty(holder, name);
}

function isHolder(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}
