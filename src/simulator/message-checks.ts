/**
 * Checks the content of a message as the Send API does: text, files, templates, quick replies.
 *
 * Exists so that a bot meets Meta's refusals here before it meets them there. The limits are those of Meta's pages; the
 * texts are Meta's if somebody has published them.
 * @see https://developers.facebook.com/docs/messenger-platform/reference/send-api
 */
import {
  emptyParameter,
  graphErrors,
  invalidUrl,
  missingParameter,
  tooFewElements,
  tooLong,
  tooManyElements,
  wrongParameter,
  type GraphErrorText,
} from './graph-errors.js';
import { checkTemplate, type Button } from './template-checks.js';
import { isJsonObject, type JsonObject } from './webhook-items.js';

/** A file that came with the call as form data. Its bytes are not kept. */
export interface UploadedFile {
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

const TEXT_LIMIT = 2000;
/** Longest metadata, and longest payload of a quick reply, characters. */
const METADATA_LIMIT = 1000;
const QUICK_REPLY_LIMIT = 13;
const QUICK_REPLY_TITLE_LIMIT = 20;
const FILE_LIMIT_BYTES = 25 * 1024 * 1024;
const ATTACHMENT_TYPES: ReadonlySet<string> = new Set(['image', 'audio', 'video', 'file', 'template', 'fallback']);

/** What Graph has against a message, if anything. */
export function checkContent(message: JsonObject, file: UploadedFile | undefined): GraphErrorText | undefined {
  return checkBody(message, file) ?? checkMetadata(message) ?? checkQuickReplies(message['quick_replies']);
}

/** What Graph has against an attachment that is to be saved. */
export function checkUpload(attachment: unknown, file: UploadedFile | undefined): GraphErrorText | undefined {
  if (!isJsonObject(attachment)) return missingParameter('message[attachment]');
  return checkAttachment(attachment, file);
}

/** The message as the conversation shows it: an uploaded file has an address of Meta's. */
export function withUpload(message: JsonObject, file: UploadedFile | undefined): JsonObject {
  const { attachment } = message;
  if (file === undefined || !isJsonObject(attachment)) return message;
  const url = `https://cdn.example.test/uploaded/${encodeURIComponent(file.name)}`;
  return { ...message, attachment: { ...attachment, payload: { url } } };
}

/** The postback buttons of a message's templates. */
export function postbackButtons(message: JsonObject): Button[] {
  return attachmentsOf(message)
    .filter(isJsonObject)
    .flatMap((attachment) => (isJsonObject(attachment['payload']) ? buttonsIn(attachment['payload']) : []))
    .filter((button) => button['type'] === 'postback')
    .map((button) => {
      const title = button['title'];
      return { payload: String(button['payload']), title: typeof title === 'string' ? title : '' };
    });
}

function checkBody(message: JsonObject, file: UploadedFile | undefined): GraphErrorText | undefined {
  const words = message['text'];
  const attachments = message['attachment'] ?? message['attachments'];
  if (words === undefined && attachments === undefined) return graphErrors.messageEmpty;
  if (words !== undefined && attachments !== undefined)
    return wrongParameter('message', 'text or attachment, not both');
  if (words === undefined) return checkAttachments(attachmentsOf(message), file);
  if (typeof words !== 'string') return wrongParameter('message[text]', 'a string');
  if (words.trim() === '') return graphErrors.messageEmpty;
  return words.length > TEXT_LIMIT ? graphErrors.textTooLong : undefined;
}

function attachmentsOf(message: JsonObject): readonly unknown[] {
  const given = message['attachment'] ?? message['attachments'];
  return Array.isArray(given) ? given : [given];
}

function checkAttachments(attachments: readonly unknown[], file: UploadedFile | undefined): GraphErrorText | undefined {
  if (attachments.length === 0) return graphErrors.messageEmpty;
  for (const attachment of attachments) {
    if (!isJsonObject(attachment)) return wrongParameter('message[attachment]', 'a JSON object');
    const problem = checkAttachment(attachment, file);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkAttachment(attachment: JsonObject, file: UploadedFile | undefined): GraphErrorText | undefined {
  const { type, payload } = attachment;
  if (typeof type !== 'string' || !ATTACHMENT_TYPES.has(type)) {
    return wrongParameter('message[attachment][type]', `one of {${[...ATTACHMENT_TYPES].join(', ')}}`);
  }
  // U: whether an upload needs its empty payload; one page of Meta's shows it, another does not.
  if (!isJsonObject(payload) && file === undefined) return missingParameter('message[attachment][payload]');
  if (type === 'template') return checkTemplate(isJsonObject(payload) ? payload : {});
  return file === undefined ? checkAddress(isJsonObject(payload) ? payload : {}) : checkFile(type, payload, file);
}

function checkAddress({ url, attachment_id: id }: JsonObject): GraphErrorText | undefined {
  if (id !== undefined) return undefined;
  if (typeof url !== 'string') return missingParameter('message[attachment][payload][url]');
  return invalidUrl('message[attachment][payload][url]', url);
}

function checkFile(type: string, payload: unknown, file: UploadedFile): GraphErrorText | undefined {
  if (isJsonObject(payload) && (payload['url'] !== undefined || payload['attachment_id'] !== undefined)) {
    return graphErrors.wrongNumberOfFiles;
  }
  if (file.size === 0 || file.size > FILE_LIMIT_BYTES) return graphErrors.uploadFailed;
  const isOther = type !== 'file' && !file.type.toLowerCase().startsWith(`${type}/`);
  return isOther ? graphErrors.fileTypeNotAllowed : undefined;
}

function checkMetadata(message: JsonObject): GraphErrorText | undefined {
  const { metadata } = message;
  if (metadata === undefined) return undefined;
  if (typeof metadata !== 'string') return wrongParameter('message[metadata]', 'a string');
  if (metadata.length <= METADATA_LIMIT) return undefined;
  return wrongParameter('message[metadata]', `at most ${METADATA_LIMIT} characters long`);
}

function checkQuickReplies(given: unknown): GraphErrorText | undefined {
  if (given === undefined) return undefined;
  const name = 'message[quick_replies]';
  if (!Array.isArray(given)) return wrongParameter(name, 'a list');
  if (given.length === 0) return tooFewElements(name);
  if (given.length > QUICK_REPLY_LIMIT) return tooManyElements(name);
  for (const [index, reply] of (given as unknown[]).entries()) {
    const problem = checkQuickReply(reply, `${name}[${index}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function checkQuickReply(reply: unknown, name: string): GraphErrorText | undefined {
  if (!isJsonObject(reply) || typeof reply['content_type'] !== 'string')
    return missingParameter(`${name}[content_type]`);
  if (reply['content_type'] !== 'text') return undefined;
  const { title, payload } = reply;
  if (typeof title !== 'string' || title.trim() === '') return emptyParameter(`${name}[title]`);
  if (title.length > QUICK_REPLY_TITLE_LIMIT) return tooLong(`${name}[title]`, QUICK_REPLY_TITLE_LIMIT);
  // A number counts, too, and with a picture it may be empty.
  const text = typeof payload === 'number' ? String(payload) : payload;
  if (typeof text !== 'string' || (text === '' && reply['image_url'] === undefined)) {
    return emptyParameter(`${name}[payload]`);
  }
  if (text.length > METADATA_LIMIT) return tooLong(`${name}[payload]`, METADATA_LIMIT);
  const image = reply['image_url'];
  return image === undefined ? undefined : invalidUrl(`${name}[image_url]`, image);
}

/** Buttons of a template and of its elements. */
function buttonsIn(payload: JsonObject): JsonObject[] {
  const own = Array.isArray(payload['buttons']) ? payload['buttons'] : [];
  const elements: unknown[] = Array.isArray(payload['elements']) ? payload['elements'] : [];
  const nested = elements.filter(isJsonObject).flatMap((element): unknown[] => {
    return Array.isArray(element['buttons']) ? element['buttons'] : [];
  });
  return [...(own as unknown[]), ...nested].filter(isJsonObject);
}
