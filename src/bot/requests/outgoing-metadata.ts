/**
 * Makes the metadata for VCC Live from what the bot gives: metadata, summary, transcript, redacted before anything is cut.
 *
 * Cutting first could leave the half of a card number that no redactor recognises.
 */
import type { ThreadKey } from '../../thread/key.js';
import { fieldOf, itemsOf, stringOf } from '../../thread/read-unknown.js';
import type { Accepted, ApplicationFunction, ApplicationFunctions } from '../../thread/application-functions.js';
import type { Activity } from '../../activities/activity.js';
import type { TextRedactor } from '../../handover/metadata.js';
import { redactedMetadata, withExtras } from '../../handover/metadata.js';
import { redactPersonalData } from '../../handover/redact.js';
import type { HandoverRequest, HandoverOptions } from '../options/handover-options.js';
import type { PolicyBook } from '../options/page-policies.js';
import type { TurnContext } from '../port.js';

/** Bot Framework's name for the attachment of a `handoff.initiate`; `EventFactory.createHandoffInitiation` sets it. */
const TRANSCRIPT_NAME = 'Transcript';
/** More lines than fit in any case. */
const MOST_LINES = 200;

/** What the metadata is made with. */
export interface MetadataDeps {
  readonly options: Pick<HandoverOptions, 'botAppId' | 'vccLiveAppId'>;
  readonly book: Pick<PolicyBook, 'of'>;
  readonly functions: ApplicationFunctions;
}

/** What a handover is begun with. */
export interface HandoverWords {
  readonly request: HandoverRequest;
  /** Lines, oldest first. */
  readonly transcript: readonly string[];
}

type Metadata = string | object | undefined;

/** In place of a text whose redactor failed. */
const WITHHELD = '[redacted]';

/**
 * Metadata for a handover; the id is still to be added. A summary and a transcript go into an object only. Never rejects.
 */
export async function metadataFor(
  context: TurnContext,
  thread: ThreadKey,
  { request, transcript }: HandoverWords,
  { options, book, functions }: MetadataDeps,
): Promise<Metadata> {
  const { reason } = request;
  const policies = book.of(thread.pageId);
  const given =
    (await ofRequest(request, functions)) ??
    (await ofOption(context, request, policies.metadata, functions)) ??
    (reason === undefined ? undefined : { reason });
  const redact = redactorOf(policies.redact, functions);
  const redacted = await redactedMetadata(given, redact, idsOf(thread, options));
  if (typeof redacted === 'string') return redacted;
  const summary = await summaryOf(request, functions);
  return withExtras(redacted, {
    summary: summary === undefined ? undefined : await redact(summary),
    transcript: await Promise.all(transcript.map(async (line) => redact(line))),
  });
}

/** Metadata that goes with a take or a release: a text, redacted. Never rejects. */
export async function textFor(
  thread: ThreadKey,
  metadata: string | undefined,
  { options, book, functions }: MetadataDeps,
): Promise<string | undefined> {
  const redact = redactorOf(book.of(thread.pageId).redact, functions);
  const redacted = await redactedMetadata(metadata, redact, idsOf(thread, options));
  return typeof redacted === 'string' ? redacted : undefined;
}

function ofRequest({ metadata }: HandoverRequest, functions: ApplicationFunctions): Metadata | Promise<Metadata> {
  if (metadata === undefined || typeof metadata === 'string') return metadata;
  const otherwise = 'The metadata of the options takes its place.';
  return functions.call(metadataFunction('request.metadata', otherwise), () => valueOf(metadata));
}

function ofOption(
  context: TurnContext,
  request: HandoverRequest,
  metadata: HandoverOptions['metadata'],
  functions: ApplicationFunctions,
): Metadata | Promise<Metadata> {
  if (!metadata) return undefined;
  const otherwise = 'The handover goes on without it.';
  return functions.call(metadataFunction('metadata', otherwise), () => metadata(context, request));
}

function metadataFunction(name: string, otherwise: string): ApplicationFunction<Metadata> {
  return {
    name,
    accept: (given): Accepted<Metadata> | undefined => {
      if (given === undefined || given === null || typeof given === 'string') return { value: given ?? undefined };
      // A copy is made here, where what a getter throws is caught.
      return typeof given === 'object' ? { value: { ...given } } : undefined;
    },
    expected: 'a text or an object',
    instead: undefined,
    otherwise,
  };
}

function summaryOf(
  { summary }: HandoverRequest,
  functions: ApplicationFunctions,
): string | undefined | Promise<string | undefined> {
  const described: ApplicationFunction<string | undefined> = {
    name: 'request.summary',
    accept: (given) =>
      given === undefined || given === null || typeof given === 'string' ? { value: given ?? undefined } : undefined,
    expected: 'a text',
    instead: undefined,
    otherwise: 'The handover goes on without it.',
    hidesError: true,
  };
  return functions.call(described, () => valueOf(summary));
}

/** The redactor. A text of which it fails does not leave. */
function redactorOf(redact: HandoverOptions['redact'], functions: ApplicationFunctions): TextRedactor {
  if (redact === false) return (text) => text;
  if (redact === undefined) return redactPersonalData;
  const described: ApplicationFunction<string> = {
    name: 'redact',
    accept: (given) => (typeof given === 'string' ? { value: given } : undefined),
    expected: 'a text',
    instead: WITHHELD,
    otherwise: `${WITHHELD} leaves in place of the text.`,
    hidesError: true,
    isLoggedOnce: true,
  };
  return (text) => functions.call(described, () => redact(text));
}

/** What a member of a request holds, or what the function gives that stands there. */
function valueOf(given: unknown): unknown {
  return typeof given === 'function' ? (given as () => unknown)() : given;
}

/**
 * The lines of the transcript that an outgoing `handoff.initiate` has as its attachment "Transcript": `customer: …` or
 * `bot: …` for each message with a text. None if there is no such attachment, or it has another shape.
 */
export function transcriptOf(initiate: Activity, thread: ThreadKey | undefined): string[] {
  const content: unknown = initiate.attachments?.find((each) => each.name === TRANSCRIPT_NAME)?.content;
  const activities = itemsOf(Array.isArray(content) ? content : fieldOf(content, 'activities'));
  return activities.slice(-MOST_LINES).flatMap((activity) => {
    const text = stringOf(fieldOf(activity, 'text'))?.trim() ?? '';
    if (fieldOf(activity, 'type') !== 'message' || text === '') return [];
    const from = fieldOf(activity, 'from');
    const byCustomer =
      fieldOf(from, 'role') === 'user' || (thread !== undefined && fieldOf(from, 'id') === thread.psid);
    return [`${byCustomer ? 'customer' : 'bot'}: ${text.replace(/\s+/g, ' ')}`];
  });
}

/** The other app knows these already, and some look like a card number. */
function idsOf(thread: ThreadKey, options: MetadataDeps['options']): ReadonlySet<string> {
  const { botAppId, vccLiveAppId } = options;
  return new Set([thread.psid, thread.pageId, botAppId, ...(typeof vccLiveAppId === 'string' ? [vccLiveAppId] : [])]);
}
