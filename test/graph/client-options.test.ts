import { expect } from 'chai';
import { settingsOf } from '../../src/graph/client-options.js';
import { readableOnTheWay } from '../../src/thread/readable-on-the-way.js';
import { InvalidOptionError } from '../../src/thread/errors.js';

const GOOD = { botAppId: '9001', pageAccessToken: 'token-of-the-page' };

describe('options of the Graph client', () => {
  it('have defaults: the newest version at Meta, five seconds, three repeats', () => {
    expect(settingsOf(GOOD)).to.include({ root: 'https://graph.facebook.com/v26.0', timeoutMs: 5000, maxRetries: 3 });
  });

  it('take an origin with or without its slash', () => {
    expect(settingsOf({ ...GOOD, baseUrl: 'http://127.0.0.1:8080/', apiVersion: 'v25.0' }).root).to.equal(
      'http://127.0.0.1:8080/v25.0',
    );
  });

  const wrong: [string, unknown][] = [
    ['botAppId', ''],
    ['botAppId', 9001],
    ['pageAccessToken', ''],
    ['pageAccessToken', undefined],
    ['pageAccessToken', 'two tokens-with-a-blank'],
    ['appSecret', ''],
    ['baseUrl', 'graph.facebook.com'],
    ['baseUrl', 'https://graph.facebook.com/v26.0'],
    ['baseUrl', 'https://user:password-in-url@graph.facebook.com'],
    ['baseUrl', 'ftp://graph.facebook.com'],
    ['apiVersion', '26'],
    ['apiVersion', 'v26.0/../me'],
    ['timeoutMs', 0],
    ['timeoutMs', Number.NaN],
    ['timeoutMs', Number.POSITIVE_INFINITY],
    ['maxRetries', -1],
    ['maxRetries', 1.5],
  ];
  for (const [option, value] of wrong) {
    it(`refuse ${option}: ${String(value)}`, () => {
      expect(() => settingsOf({ ...GOOD, [option]: value }))
        .to.throw(InvalidOptionError)
        .with.property('option', option);
    });
  }

  it('show no value that may be a secret', () => {
    for (const option of ['pageAccessToken', 'appSecret', 'baseUrl', 'apiVersion']) {
      for (const value of ['se cret-value', { secret: 'secret-value' }]) {
        if (option === 'appSecret' && typeof value === 'string') continue;
        expect(() => settingsOf({ ...GOOD, [option]: value }), option)
          .to.throw(InvalidOptionError)
          .with.property('message')
          .that.does.not.include('cret-value');
      }
    }
  });
});

describe('plain http to Graph', () => {
  for (const baseUrl of [
    undefined,
    'https://graph.facebook.com',
    'https://proxy.example',
    'http://localhost:3000',
    'http://LOCALHOST',
    'http://graph.localhost:80',
    'http://127.0.0.1:3000',
    'http://127.8.9.10',
    'http://127.1',
    'http://[::1]:3000',
    'http://[::ffff:127.0.0.1]',
    'nonsense',
  ]) {
    it(`is nothing to say a word about: ${baseUrl ?? 'no address'}`, () => {
      expect(readableOnTheWay('graph.baseUrl', baseUrl)).to.equal(undefined);
    });
  }

  for (const baseUrl of [
    'http://graph.facebook.com',
    'http://10.0.0.5:8080',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'http://mylocalhost',
    'http://[::2]',
    'http://[::ffff:10.0.0.1]',
  ]) {
    it(`is told by the option's name: ${baseUrl}`, () => {
      const line = readableOnTheWay('graph.baseUrl', baseUrl);
      expect(line)
        .to.match(/^graph\.baseUrl is plain http to /)
        .and.match(/token/)
        .and.match(/https/);
    });
  }
});
