import { expect } from 'chai';
import { askedWaitMs } from '../../src/graph/asked-wait.js';
import { payload } from './setting.js';

const NOW_MS = Date.UTC(2026, 10, 22, 9, 0, 0);

describe('how long Meta asks to be left alone', () => {
  it('is what X-Business-Use-Case-Usage estimates, in minutes', () => {
    const { header, value } = payload('graph-header-x-business-use-case-usage');
    expect(askedWaitMs(new Map([[header, JSON.stringify(value)]]), NOW_MS)).to.equal(19 * 60_000);
  });

  it('is the longest of several estimates', () => {
    const usage = {
      '1': [{ estimated_time_to_regain_access: 2 }, { estimated_time_to_regain_access: 7 }],
      '2': [{ estimated_time_to_regain_access: 5 }],
    };
    expect(askedWaitMs(new Map([['x-business-use-case-usage', JSON.stringify(usage)]]), NOW_MS)).to.equal(7 * 60_000);
  });

  it('is Retry-After where that is longer, in seconds or as a date', () => {
    expect(askedWaitMs(new Map([['retry-after', '120']]), NOW_MS)).to.equal(120_000);
    expect(askedWaitMs(new Map([['retry-after', 'Sun, 22 Nov 2026 09:05:00 GMT']]), NOW_MS)).to.equal(300_000);
  });

  it('is not said by X-App-Usage, which has percentages only', () => {
    const { header, value } = payload('graph-header-x-app-usage');
    expect(askedWaitMs(new Map([[header, JSON.stringify(value)]]), NOW_MS)).to.equal(undefined);
  });

  for (const value of [
    '',
    '{',
    'null',
    '7',
    '{"1":null}',
    '{"1":[null,3,{"estimated_time_to_regain_access":"x"}]}',
    '{"1":[{"estimated_time_to_regain_access":0}]}',
  ]) {
    it(`is unknown where the header is ${JSON.stringify(value)}`, () => {
      expect(
        askedWaitMs(
          new Map([
            ['x-business-use-case-usage', value],
            ['retry-after', 'soon'],
          ]),
          NOW_MS,
        ),
      ).to.equal(undefined);
    });
  }
});
