/**
 * Sends video, audio and animation cards: the media first, then the card's words and buttons.
 *
 * @see https://developers.facebook.com/docs/messenger-platform/send-messages#sending_attachments
 */
import { fieldOf, itemsOf } from '../../thread/read-unknown.js';
import type { FileType } from './file-attachments.js';
import { filePart, fileTypeOf, typeOfExtension } from './file-attachments.js';
import { textParts } from './fit-text.js';
import { cardParts, readCard } from './hero-cards.js';
import type { Losses } from './losses.js';
import type { MessagePart } from './messenger-message.js';
import { nonEmptyString } from './messenger-message.js';
import type { FileSource } from './web-address.js';
import { fileSource } from './web-address.js';

/** The card's kind, and so what its media are if nothing else says it. */
export type MediaCard = 'video' | 'audio' | 'animation';

/** Sites whose addresses are pages, not files: Messenger shows a preview of the link. */
const PAGE_HOSTS = /(?:^|\.)(?:youtube\.com|youtu\.be|vimeo\.com|dailymotion\.com|soundcloud\.com|spotify\.com)$/i;
const DEFAULT_TYPE: Readonly<Record<MediaCard, FileType>> = { video: 'video', audio: 'audio', animation: 'image' };

/** The messages of a media card. The poster of a video or animation is not sent: the media show themselves. */
export function mediaParts(kind: MediaCard, content: unknown, losses: Losses): MessagePart[] {
  const media = itemsOf(fieldOf(content, 'media'));
  const parts = media.flatMap((medium) => mediumParts(kind, medium, losses));
  if (media.length === 0) losses.add('noMediaUrl');
  const cover = kind === 'audio' ? fieldOf(content, 'image') : undefined;
  const words = {
    title: fieldOf(content, 'title'),
    subtitle: fieldOf(content, 'subtitle'),
    text: fieldOf(content, 'text'),
    buttons: fieldOf(content, 'buttons'),
    images: cover === undefined ? [] : [cover],
  };
  const card = readCard(words, losses);
  const isBare = card.title === undefined && card.lines.length + card.images.length + card.buttons.length === 0;
  return isBare ? parts : [...parts, ...cardParts(card, losses)];
}

function mediumParts(kind: MediaCard, medium: unknown, losses: Losses): MessagePart[] {
  const address = typeof medium === 'string' ? medium : nonEmptyString(fieldOf(medium, 'url'));
  if (address === undefined) {
    losses.add('noMediaUrl');
    return [];
  }
  const source = fileSource(address, losses);
  if (source === undefined) return [];
  if ('url' in source && PAGE_HOSTS.test(new URL(source.url).hostname)) return textParts(source.url);
  return [filePart(mediumType(kind, source, nonEmptyString(fieldOf(medium, 'profile'))), source)];
}

/** By the type that `profile` or the file has, else by the extension, else by the kind of the card. */
function mediumType(kind: MediaCard, source: FileSource, profile: string | undefined): FileType {
  const said = fileTypeOf(source, profile?.includes('/') === true ? profile : undefined);
  if (said !== 'file') return said === 'video' && kind === 'audio' ? 'audio' : said;
  const byExtension = 'url' in source ? typeOfExtension(source.url) : undefined;
  return byExtension ?? DEFAULT_TYPE[kind];
}
