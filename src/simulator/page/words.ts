/** Names and times in the words of the page. */
import type { BelievedOwnerName, SpeakerName, TrueOwnerName } from '../stage/stage-words.js';

/** Who owns a thread. */
export function ownerName(owner: TrueOwnerName | BelievedOwnerName | undefined, botLabel: string): string {
  switch (owner) {
    case 'bot':
      return botLabel;
    case 'vccLive':
      return 'VCC Live';
    case 'inbox':
      return 'Page inbox';
    case 'other':
      return 'Another app';
    case 'idle':
      return 'Nobody (idle)';
    case 'unknown':
      return 'Unknown to the bot';
    case undefined:
      return 'Unknown to this page';
  }
}

/** Who said something. */
export function speakerName(speaker: SpeakerName, customer: string, botLabel: string): string {
  switch (speaker) {
    case 'customer':
      return customer;
    case 'bot':
      return botLabel;
    case 'agent':
      return 'VCC Live agent';
    case 'inbox':
      return 'Page inbox';
    case 'other':
      return 'Another app';
  }
}

/** `09:41:07` in the reader's time zone. */
export function clockTime(ms: number): string {
  return new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false });
}

/** `Sun 22 Nov` in the reader's time zone. */
export function calendarDay(ms: number): string {
  return new Date(ms).toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' });
}

/** `23 h 59 min`, `4 min`, `12 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(Math.round(ms / 1000), 0);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
