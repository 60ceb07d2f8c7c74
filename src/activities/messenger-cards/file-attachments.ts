/**
 * Sends files: Bot Framework's plain attachments, and the media of cards, by address or uploaded.
 *
 * @see https://developers.facebook.com/docs/messenger-platform/send-messages#sending_attachments
 */
import { fieldOf, stringOf } from '../../thread/read-unknown.js';
import { textParts } from './fit-text.js';
import type { Losses } from './losses.js';
import { nonEmptyString, wordsOf } from './messenger-message.js';
import type { MessagePart } from './messenger-message.js';
import type { FileSource } from './web-address.js';
import { fileSource } from './web-address.js';

/** Messenger's types of files. */
export type FileType = 'image' | 'audio' | 'video' | 'file';

const MEDIA_CONTENT_TYPE = /^(image|audio|video)(?:\/|$)/i;
/** Messenger shows PNG, JPEG and GIF; a drawing arrives as a file. */
const NO_IMAGE = /^image\/svg/i;
const WORDS_CONTENT_TYPE = /^text\/(?:plain|markdown)\b/i;
const TYPE_OF_EXTENSION: Readonly<Record<string, FileType>> = {
  ...typed('image', 'gif', 'jpg', 'jpeg', 'png', 'webp'),
  ...typed('audio', 'mp3', 'wav', 'ogg', 'oga', 'm4a', 'aac'),
  ...typed('video', 'mp4', 'm4v', 'mov', 'webm', 'avi', 'mpeg', 'ogv'),
};

/** A message with a file. */
export function filePart(type: FileType, source: FileSource): MessagePart {
  if ('url' in source) return { message: { attachment: { type, payload: { url: source.url } } } };
  return { message: { attachment: { type, payload: {} } }, file: source.file };
}

/** An attachment that is no card: by its `contentUrl`, by a `data:` URL in `content`, or as text if it is words. */
export function fileParts(attachment: unknown, losses: Losses): MessagePart[] {
  const contentType = nonEmptyString(fieldOf(attachment, 'contentType'));
  const content = fieldOf(attachment, 'content');
  const inContent = typeof content === 'string' && /^data:/i.test(content) ? content : undefined;
  const address = nonEmptyString(fieldOf(attachment, 'contentUrl')) ?? inContent;
  if (address === undefined) {
    const words = WORDS_CONTENT_TYPE.test(contentType ?? '') ? wordsOf(content) : undefined;
    if (words !== undefined) return textParts(words);
    losses.add('noContentUrl', contentType);
    return [];
  }
  const source = fileSource(address, losses, { name: nonEmptyString(fieldOf(attachment, 'name')), contentType });
  return source === undefined ? [] : [filePart(fileTypeOf(source, contentType), source)];
}

/** By the content type, else by the file's extension. */
export function fileTypeOf(source: FileSource, contentType: string | undefined): FileType {
  const said = contentType ?? ('file' in source ? source.file.contentType : '');
  if (NO_IMAGE.test(said)) return 'file';
  const media = MEDIA_CONTENT_TYPE.exec(said)?.[1]?.toLowerCase();
  if (media === 'image' || media === 'audio' || media === 'video') return media;
  const isVague = said === '' || said.toLowerCase() === 'application/octet-stream';
  return (isVague && 'url' in source ? TYPE_OF_EXTENSION[extensionOf(source.url)] : undefined) ?? 'file';
}

/** The type that the extension of an address says, if it says one. */
export function typeOfExtension(address: string): FileType | undefined {
  return TYPE_OF_EXTENSION[extensionOf(address)];
}

function extensionOf(address: string): string {
  const path = URL.canParse(address) ? new URL(address).pathname : address;
  return stringOf(/\.([a-z\d]+)$/i.exec(path)?.[1])?.toLowerCase() ?? '';
}

function typed(type: FileType, ...extensions: readonly string[]): Record<string, FileType> {
  return Object.fromEntries(extensions.map((extension) => [extension, type]));
}
