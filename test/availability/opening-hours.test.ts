/** Opening hours, by the clock on the wall of the contact centre. */
import { InvalidOptionError } from 'botbuilder-handover-vcclive';
import { openingHours } from 'botbuilder-handover-vcclive/calendar';
import type { OpeningHoursOptions } from 'botbuilder-handover-vcclive/calendar';
import { expect } from 'chai';

const BUDAPEST = 'Europe/Budapest';

const at = (iso: string, options: Omit<OpeningHoursOptions, 'now' | 'timeZone'> & { timeZone?: string }): string =>
  openingHours({ timeZone: BUDAPEST, ...options, now: () => Date.parse(iso) })();

const refusal = (options: unknown): InvalidOptionError => {
  try {
    openingHours(options as OpeningHoursOptions);
  } catch (error) {
    expect(error).to.be.instanceOf(InvalidOptionError);
    return error as InvalidOptionError;
  }
  return expect.fail(`accepted: ${JSON.stringify(options)}`);
};

describe('openingHours', () => {
  const office = { weekly: { mon: ['09:00-12:00', '13:00-17:00'], fri: ['09:00-14:00'] } };

  it('is open from the first minute and closed from the last', () => {
    // Monday, 23 November 2026, UTC+1.
    expect(at('2026-11-23T07:59:59.999Z', office)).to.equal('unavailable');
    expect(at('2026-11-23T08:00:00Z', office)).to.equal('available');
    expect(at('2026-11-23T10:59:59.999Z', office)).to.equal('available');
    expect(at('2026-11-23T11:00:00Z', office)).to.equal('unavailable');
    expect(at('2026-11-23T12:00:00Z', office)).to.equal('available');
    expect(at('2026-11-23T16:00:00Z', office)).to.equal('unavailable');
  });

  it('has hours of its own for each day, and none for days without', () => {
    expect(at('2026-11-27T12:59:00Z', office)).to.equal('available');
    expect(at('2026-11-27T13:00:00Z', office)).to.equal('unavailable');
    for (const day of ['24', '25', '26', '28', '29']) {
      expect(at(`2026-11-${day}T10:00:00Z`, office), day).to.equal('unavailable');
    }
  });

  it('goes by the zone, whatever the time of the year', () => {
    // Summer time: UTC+2.
    expect(at('2026-07-06T07:00:00Z', office)).to.equal('available');
    expect(at('2026-07-06T06:59:00Z', office)).to.equal('unavailable');
    // It is Tuesday in Auckland, and still Monday in Honolulu.
    const tokyo = { weekly: { tue: ['00:00-24:00'] } };
    expect(at('2026-11-23T12:00:00Z', { ...tokyo, timeZone: 'Pacific/Auckland' })).to.equal('available');
    expect(at('2026-11-23T12:00:00Z', { ...tokyo, timeZone: 'Pacific/Honolulu' })).to.equal('unavailable');
  });

  it('stays open over midnight, into a day without hours too', () => {
    const night = { weekly: { sat: ['22:00-06:00'] } };
    expect(at('2026-11-28T20:59:00Z', night)).to.equal('unavailable');
    expect(at('2026-11-28T21:00:00Z', night)).to.equal('available');
    expect(at('2026-11-29T04:59:00Z', night)).to.equal('available');
    expect(at('2026-11-29T05:00:00Z', night)).to.equal('unavailable');
    // Saturday's own morning belongs to Friday's night, which is closed.
    expect(at('2026-11-28T04:00:00Z', night)).to.equal('unavailable');
    expect(at('2026-11-29T22:00:00Z', { weekly: { sun: ['20:00-24:00'] } })).to.equal('available');
    expect(at('2026-11-29T23:00:00Z', { weekly: { sun: ['20:00-24:00'] } })).to.equal('unavailable');
  });

  it('is open without a gap for a whole week of whole days', () => {
    const day = ['00:00-24:00'];
    const always = { mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day };
    for (let hour = 0; hour < 24 * 8; hour += 1) {
      const iso = new Date(Date.UTC(2026, 9, 22) + hour * 3_600_000 - 1).toISOString();
      expect(at(iso, { weekly: always }), iso).to.equal('available');
    }
  });

  it('is closed on a holiday, from midnight to midnight of the zone', () => {
    // 25 December 2026 is a Friday.
    const christmas = {
      weekly: { thu: ['20:00-02:00'], fri: ['09:00-17:00', '22:00-04:00'] },
      holidays: ['2026-12-25'],
    };
    expect(at('2026-12-24T22:59:00Z', christmas)).to.equal('available');
    expect(at('2026-12-24T23:00:00Z', christmas)).to.equal('unavailable');
    expect(at('2026-12-25T10:00:00Z', christmas)).to.equal('unavailable');
    expect(at('2026-12-26T00:00:00Z', christmas)).to.equal('unavailable');
    expect(at('2026-12-19T00:00:00Z', christmas)).to.equal('available');
    expect(at('2027-01-01T10:00:00Z', christmas)).to.equal('available');
  });

  describe('in the night in which the clock is put forward', () => {
    // 29 March 2026, a Sunday: 01:59:59 is followed by 03:00:00 at 01:00 UTC.
    it('opens at once with hours that begin in the hour that is not there', () => {
      const hours = { weekly: { sun: ['02:30-04:00'] } };
      expect(at('2026-03-29T00:59:59Z', hours)).to.equal('unavailable');
      expect(at('2026-03-29T01:00:00Z', hours)).to.equal('available');
      expect(at('2026-03-29T01:59:59Z', hours)).to.equal('available');
      expect(at('2026-03-29T02:00:00Z', hours)).to.equal('unavailable');
    });

    it('closes at once with hours that end in it', () => {
      const hours = { weekly: { sat: ['22:00-02:30'] } };
      expect(at('2026-03-29T00:59:59Z', hours)).to.equal('available');
      expect(at('2026-03-29T01:00:00Z', hours)).to.equal('unavailable');
    });
  });

  describe('in the night in which the clock is put back', () => {
    // 25 October 2026, a Sunday: 02:59:59 is followed by 02:00:00 at 01:00 UTC.
    it('ends once', () => {
      const hours = { weekly: { sat: ['22:00-02:30'] } };
      expect(at('2026-10-25T00:29:59Z', hours)).to.equal('available');
      expect(at('2026-10-25T00:30:00Z', hours)).to.equal('unavailable');
      expect(at('2026-10-25T01:15:00Z', hours)).to.equal('unavailable');
    });

    it('begins once, and stays open', () => {
      const hours = { weekly: { sun: ['02:30-04:00'] } };
      expect(at('2026-10-25T00:29:59Z', hours)).to.equal('unavailable');
      expect(at('2026-10-25T00:30:00Z', hours)).to.equal('available');
      expect(at('2026-10-25T01:15:00Z', hours)).to.equal('available');
      expect(at('2026-10-25T02:59:59Z', hours)).to.equal('available');
      expect(at('2026-10-25T03:00:00Z', hours)).to.equal('unavailable');
    });
  });

  it('goes by the clock of this machine where none is given', () => {
    const day = ['00:00-24:00'];
    const weekly = { mon: day, tue: day, wed: day, thu: day, fri: day, sat: day, sun: day };
    expect(openingHours({ timeZone: 'UTC', weekly })()).to.equal('available');
    expect(openingHours({ timeZone: 'UTC', weekly: {} })()).to.equal('unavailable');
  });

  it('names the field that is wrong', () => {
    const good = { timeZone: BUDAPEST, weekly: { mon: ['09:00-17:00'] } };
    for (const options of [undefined, null, 'x', []]) expect(refusal(options).option).to.equal('options');
    for (const timeZone of [undefined, '', 'Budapest', 'Mars/Base', 7]) {
      expect(refusal({ ...good, timeZone }).option, String(timeZone)).to.equal('timeZone');
    }
    for (const weekly of [undefined, null, [], 'mon']) expect(refusal({ ...good, weekly }).option).to.equal('weekly');
    expect(refusal({ ...good, weekly: { monday: [] } }).option).to.equal('weekly.monday');
    expect(refusal({ ...good, weekly: { mon: '09:00-17:00' } }).option).to.equal('weekly.mon');
    const wrong = [
      '',
      '9-17',
      '9:00-17:00',
      '09:00–17:00',
      '09:00-09:00',
      '24:00-02:00',
      '09:00-24:01',
      '09:60-10:00',
      7,
    ];
    for (const hours of wrong) {
      const error = refusal({ ...good, weekly: { mon: ['09:00-17:00', hours] } });
      expect(error.option, String(hours)).to.equal('weekly.mon[1]');
    }
    expect(refusal({ ...good, holidays: '2026-12-25' }).option).to.equal('holidays');
    for (const date of ['25.12.2026', '2026-02-30', '2026-12', '', 7, null]) {
      expect(refusal({ ...good, holidays: ['2026-12-25', date] }).option, String(date)).to.equal('holidays[1]');
    }
    expect(refusal({ ...good, now: 7 }).option).to.equal('now');
  });
});
