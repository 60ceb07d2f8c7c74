import { expect } from 'chai';
import { refusalOf } from '../../src/webhook/admit-local-request.js';

type Headers = Readonly<Record<string, string>>;

describe('A server on a developer’s machine', () => {
  const passes: readonly (readonly [who: string, method: string, headers: Headers])[] = [
    ['a bot that calls by address', 'POST', { host: '127.0.0.1:4000' }],
    ['a bot that calls by localhost', 'POST', { host: 'localhost:4000' }],
    ['a bot that calls by [::1]', 'POST', { host: '[::1]:4000' }],
    ['a bot in another container that calls by address', 'POST', { host: '172.18.0.2:4000' }],
    ['a name below .localhost', 'GET', { host: 'stage.localhost' }],
    ['a name that was allowed, in any case', 'POST', { host: 'Simulator:4000' }],
    ['its own page', 'POST', { host: 'localhost:1', origin: 'http://localhost:1', 'sec-fetch-site': 'same-origin' }],
    ['an address that was typed', 'GET', { host: 'localhost', 'sec-fetch-site': 'none' }],
    [
      'a link that was clicked',
      'GET',
      { host: 'localhost', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    ],
  ];
  for (const [who, method, headers] of passes) {
    it(`lets ${who} pass`, () => {
      expect(refusalOf({ method, headers }, ['simulator'])).to.equal(undefined);
    });
  }

  const turnedAway: readonly (readonly [who: string, method: string, headers: Headers, why: 'name' | 'site'])[] = [
    ['a name that was pointed at this machine', 'GET', { host: 'evil.example:4000' }, 'name'],
    ['an address that is part of a name', 'GET', { host: '127.0.0.1.evil.example' }, 'name'],
    ['localhost as the beginning of a name', 'GET', { host: 'localhost.evil.example' }, 'name'],
    ['a host that is none', 'GET', { host: 'a b' }, 'name'],
    ['a host with a path', 'GET', { host: 'evil.example/@localhost' }, 'name'],
    ['a host with a user', 'GET', { host: 'evil.example@localhost' }, 'name'],
    ['an empty host', 'GET', { host: '' }, 'name'],
    ['no host', 'GET', {}, 'name'],
    ['a form of another site', 'POST', { host: 'localhost:1', origin: 'https://evil.example' }, 'site'],
    ['a page of another port', 'POST', { host: 'localhost:1', origin: 'http://localhost:2' }, 'site'],
    ['a page without an origin', 'POST', { host: 'localhost:1', origin: 'null' }, 'site'],
    ['a picture of another site', 'GET', { host: 'localhost', 'sec-fetch-site': 'cross-site' }, 'site'],
    [
      'a frame of another site',
      'GET',
      { host: 'localhost', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
      'site',
    ],
    [
      'a form that opens a window',
      'POST',
      { host: 'localhost', 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
      'site',
    ],
  ];
  for (const [who, method, headers, why] of turnedAway) {
    it(`turns ${who} away`, () => {
      expect(refusalOf({ method, headers }, ['simulator'])).to.include({ why });
    });
  }
});
