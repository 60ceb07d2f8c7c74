/**
 * Opening hours as an answer to "is an agent there?": weekly hours, holidays, a time zone.
 *
 * Lives on its own export path (`…/calendar`) because it needs luxon, which bots without opening hours do not.
 * @see https://moment.github.io/luxon/#/zones
 */
import type { DateTime } from 'luxon';
import { checkFields, checkKind, described, namesOf } from '../thread/check-values.js';
import { HandoverError, InvalidOptionError } from '../thread/errors.js';
import type { Availability } from './availability.js';

/** A day of the week. */
export type WeekDay = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** When agents are there. */
export interface OpeningHoursOptions {
  /** IANA name: `Europe/Budapest`. */
  readonly timeZone: string;
  /**
   * Hours of each day, `HH:MM-HH:MM` in that zone, as many as there are: `{ mon: ['09:00-12:00', '13:00-17:30'] }`. The end
   * is not open any more. An end before the start is on the next day: `22:00-06:00`. A whole day is `00:00-24:00`. Days
   * that are not named are closed.
   */
  readonly weekly: Readonly<Partial<Record<WeekDay, readonly string[]>>>;
  /** Dates in that zone, `2026-12-25`, closed from midnight to midnight. Hours that begin on one do not begin. */
  readonly holidays?: readonly string[];
  /** The time, milliseconds since 1970. Default: this machine's. */
  readonly now?: () => number;
}

const OPTION_NAMES = namesOf<OpeningHoursOptions>({ timeZone: true, weekly: true, holidays: true, now: true });
/** In luxon's order: Monday is 1. */
const WEEK_DAYS: readonly WeekDay[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const HOURS = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;
/** By so much clocks are put back; Lord Howe Island's by half an hour. */
const PUT_BACK_BY_MS = [60 * MINUTE_MS, 30 * MINUTE_MS];

const luxon = loadLuxon();

/** Minutes of the day on which it begins; `end` may be on the next. */
interface Hours {
  readonly start: number;
  readonly end: number;
}

/**
 * A function for the option `availability`: `available` within the hours, `unavailable` outside. Follows the clock on the
 * wall when that is put forward or back: hours that end at 02:30 end once in the night that has 02:30 twice.
 * @throws {@link InvalidOptionError} naming the field: `weekly.mon[0]`
 */
export function openingHours(options: OpeningHoursOptions): () => Availability {
  checkFields('', options, OPTION_NAMES);
  const { timeZone, now } = options;
  if (typeof timeZone !== 'string' || !luxon.IANAZone.isValidZone(timeZone)) {
    throw new InvalidOptionError('timeZone', described(timeZone), 'an IANA time zone like Europe/Budapest');
  }
  checkKind('now', now, 'function', 'a function that gives milliseconds since 1970');
  const weekly = readWeek(options.weekly);
  const holidays = readHolidays(options.holidays);
  return () => {
    const moment = luxon.DateTime.fromMillis(now ? now() : Date.now(), { zone: timeZone });
    if (holidays.has(moment.toFormat('yyyy-MM-dd'))) return 'unavailable';
    const days = [moment, moment.minus({ days: 1 })].map((day) => day.startOf('day'));
    const open = days.some((day) => {
      if (holidays.has(day.toFormat('yyyy-MM-dd'))) return false;
      const hours = weekly.get(WEEK_DAYS[day.weekday - 1] ?? 'mon') ?? [];
      return hours.some(({ start, end }) => reached(moment, day, start) && !reached(moment, day, end));
    });
    return open ? 'available' : 'unavailable';
  };
}

/**
 * Whether the clock on the wall has shown these minutes of that day. Both readings count: when clocks go forward,
 * the clock skips some, and when they go back, it shows some twice.
 */
function reached(moment: DateTime, day: DateTime, minutes: number): boolean {
  const shown = wallOf(day) + minutes * MINUTE_MS;
  if (wallOf(moment) >= shown) return true;
  const at = day.plus({ days: Math.floor(minutes / DAY_MINUTES) }).set({
    hour: Math.floor((minutes % DAY_MINUTES) / 60),
    minute: minutes % 60,
  });
  const first = PUT_BACK_BY_MS.map((ms) => at.minus(ms)).find((earlier) => wallOf(earlier) === wallOf(at)) ?? at;
  return moment.toMillis() >= first.toMillis();
}

/** What clock and calendar on the wall show, as a number to compare. */
function wallOf(moment: DateTime): number {
  return moment.toMillis() + moment.offset * MINUTE_MS;
}

function readWeek(weekly: unknown): ReadonlyMap<string, readonly Hours[]> {
  const given = checkFields('weekly', weekly, WEEK_DAYS, "; like { mon: ['09:00-17:00'] }");
  const days = Object.entries(given).map(([name, hours]): [string, readonly Hours[]] => {
    if (hours === undefined) return [name, []];
    if (!Array.isArray(hours)) {
      throw new InvalidOptionError(`weekly.${name}`, described(hours), "an array like ['09:00-17:00']");
    }
    return [name, hours.map((each: unknown, index) => readHours(`weekly.${name}[${index}]`, each))];
  });
  return new Map(days);
}

function readHours(option: string, text: unknown): Hours {
  const [, ...parts] = (typeof text === 'string' && HOURS.exec(text)) || [];
  const [startHour = 0, startMinute = 0, endHour = 0, endMinute = 0] = parts.map(Number);
  const start = startHour * 60 + startMinute;
  const end = endHour * 60 + endMinute;
  if (parts.length === 0 || end > DAY_MINUTES || start === end) {
    throw new InvalidOptionError(option, described(text), 'hours like 09:00-17:00, 22:00-06:00 or 00:00-24:00');
  }
  return { start, end: end < start ? end + DAY_MINUTES : end };
}

function readHolidays(holidays: unknown): ReadonlySet<string> {
  if (holidays === undefined) return new Set();
  if (!Array.isArray(holidays)) {
    throw new InvalidOptionError('holidays', described(holidays), "an array of dates like ['2026-12-25']");
  }
  const dates = holidays.map((date: unknown, index) => {
    if (typeof date === 'string' && DAY.test(date) && luxon.DateTime.fromISO(date).isValid) return date;
    throw new InvalidOptionError(`holidays[${index}]`, described(date), 'a date that exists, like 2026-12-25');
  });
  return new Set(dates);
}

function loadLuxon(): typeof import('luxon') {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import could not say what is missing
    return require('luxon') as typeof import('luxon');
  } catch (cause) {
    if (!/Cannot find module 'luxon'/.test(cause instanceof Error ? cause.message : '')) throw cause;
    throw new HandoverError('missingPeer', 'The calendar needs luxon, which is not installed. Run: npm install luxon', {
      cause,
    });
  }
}
