import { expect } from 'chai';
import { readOwner } from '../../src/graph/owner-answer.js';
import { BOT, payload } from './setting.js';

describe('reading an answer of thread_owner', () => {
  const forms: [string, unknown, unknown][] = [
    [
      'an app with an expiration in seconds',
      payload('graph-response-thread-owner'),
      { owner: 'app', appId: BOT, expiresAtMs: 1790086400000 },
    ],
    [
      'an app without expiration',
      payload('graph-response-thread-owner-legacy-no-expiration'),
      { owner: 'app', appId: BOT },
    ],
    [
      'an app that is hidden',
      payload('graph-response-thread-owner-hidden'),
      { owner: 'hidden', expiresAtMs: 1790086400000 },
    ],
    ['an app id as a number', { data: [{ thread_owner: { app_id: 900100200300400 } }] }, { owner: 'app', appId: BOT }],
    [
      'an expiration in milliseconds',
      { data: [{ thread_owner: { app_id: BOT, expiration: 1790086400123 } }] },
      { owner: 'app', appId: BOT, expiresAtMs: 1790086400123 },
    ],
    [
      'an expiration as a string',
      { data: [{ thread_owner: { app_id: BOT, expiration: '1790086400' } }] },
      { owner: 'app', appId: BOT, expiresAtMs: 1790086400000 },
    ],
    [
      'an expiration that is none',
      { data: [{ thread_owner: { app_id: BOT, expiration: 'soon' } }] },
      { owner: 'app', appId: BOT },
    ],
    ['nobody: an empty list', { data: [] }, { owner: 'idle' }],
    ['nobody: an entry without owner', { data: [{}] }, { owner: 'idle' }],
    ['nobody: an answer without anything', {}, { owner: 'idle' }],
    ['nobody: a list of null', { data: null }, { owner: 'idle' }],
    ['nobody: an owner of null', { data: [{ thread_owner: null }] }, { owner: 'idle' }],
    ['hidden: an owner without anything', { data: [{ thread_owner: {} }] }, { owner: 'hidden' }],
    ['an owner without list', { thread_owner: { app_id: BOT } }, { owner: 'app', appId: BOT }],
  ];
  for (const [what, answer, owner] of forms) {
    it(`understands ${what}`, () => expect(readOwner(answer)).to.deep.equal(owner));
  }

  for (const answer of [
    undefined,
    null,
    'idle',
    7,
    [],
    { success: true },
    { data: 'x' },
    { data: ['x'] },
    { data: [{ thread_owner: 'bot' }] },
    { data: [{ thread_owner: { app_id: {} } }] },
  ]) {
    it(`does not guess at ${JSON.stringify(answer)}`, () => expect(readOwner(answer)).to.equal(undefined));
  }
});
