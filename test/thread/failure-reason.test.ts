/** What an operator reads of a store that failed: the store's own words, and none of its secrets. */
import { inspect } from 'node:util';
import { expect } from 'chai';
import { failureReason } from '../../src/thread/failure-reason.js';
import { StoreError } from '../../src/thread/errors.js';

const coded = (message: string, fields: object): Error => Object.assign(new Error(message), fields);

/** What drivers and servers really say, and what is told of it. */
const SAID: readonly (readonly [string, unknown, string])[] = [
  [
    'Redis without memory',
    new Error("OOM command not allowed when used memory > 'maxmemory'."),
    "OOM command not allowed when used memory > 'maxmemory'",
  ],
  [
    'Redis 7, in a script',
    new Error(`READONLY You can't write against a read only replica. script: ${'0a'.repeat(20)}, on @user_script:26.`),
    "READONLY You can't write against a read only replica",
  ],
  [
    'Redis 6, in a script',
    new Error(
      `ERR Error running script (call to f_${'0a'.repeat(20)}): @user_script:26: @user_script: 26: -READONLY You can't write against a read only replica.`,
    ),
    "READONLY You can't write against a read only replica",
  ],
  [
    'Redis that does not know a command, and repeats what it was given',
    new Error("ERR unknown command 'EVALSHA', with args beginning with: 'abc' '4' '{x}:thread:1776/4001' "),
    "ERR unknown command 'EVALSHA'",
  ],
  [
    'a refused connection',
    coded('connect ECONNREFUSED 127.0.0.1:6379', { code: 'ECONNREFUSED' }),
    'connect ECONNREFUSED 127.0.0.1:6379',
  ],
  [
    'a connection refused on both addresses of a host, which is an error without words',
    Object.assign(new AggregateError([coded('connect ECONNREFUSED ::1:6379', { code: 'ECONNREFUSED' })]), {
      code: 'ECONNREFUSED',
    }),
    'connect ECONNREFUSED ::1:6379',
  ],
  [
    'a host without an address',
    coded('getaddrinfo ENOTFOUND redis.internal', { code: 'ENOTFOUND' }),
    'getaddrinfo ENOTFOUND redis.internal',
  ],
  [
    'Azure with a wrong key',
    coded(
      'Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.\nRequestId:1\nTime:2026',
      { code: 'AuthenticationFailed', statusCode: 403 },
    ),
    'AuthenticationFailed: Server failed to authenticate the request',
  ],
  [
    'Azure with a page of XML',
    coded(
      '<?xml version="1.0"?><Error><Code>InvalidResourceName</Code><Message>The specifed resource name contains invalid characters.\nRequestId:1</Message></Error>',
      { statusCode: 400 },
    ),
    'InvalidResourceName: The specifed resource name contains invalid characters',
  ],
  [
    'Cosmos DB with JSON',
    coded(
      '{"code":"Unauthorized","message":"The input authorization token cannot serve the request. Please check.\\r\\nActivityId: 1"}',
      {
        code: 401,
      },
    ),
    'Unauthorized: The input authorization token cannot serve the request',
  ],
  ['an error with a status alone', coded('', { statusCode: 503 }), 'HTTP 503'],
  [
    'an error behind an error',
    new Error('', { cause: new Error('Socket closed unexpectedly') }),
    'Socket closed unexpectedly',
  ],
  ['a text', 'the disk is full', 'the disk is full'],
];

const SECRETS: readonly (readonly [string, string, string])[] = [
  ['of an address', 'cannot connect to redis://user:s3cr:et@p@host:6379/0', 's3cr:et@p'],
  ['of an address whose password has an @, behind the @', 'cannot connect to redis://user:s3@cret@host:6379/0', 'cret'],
  [
    'of a connection string',
    'bad DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc/def+g==;EndpointSuffix=x',
    'abc/def+g==',
  ],
  ['of a signed URL', 'GET https://a.blob.core.windows.net/c?sv=1&sig=abc%2Fdef%3D&se=2 failed', 'abc%2Fdef%3D'],
  [
    'of a header',
    'The MAC signature found in the HTTP request: Authorization: SharedKey account:abc/def= is wrong',
    'abc/def=',
  ],
  ['of a setting', 'login failed: password="hunter22"', 'hunter22'],
  [
    "of a customer: the key has the customer's id",
    'error writing "handover-vcclive.1.thread.177600000000001.6600112233445577"',
    '6600112233445577',
  ],
];

describe('What is told of a store that failed', () => {
  for (const [what, thrown, told] of SAID) {
    it(`are the words of ${what}`, () => {
      expect(failureReason(thrown)).to.equal(told);
      expect(new StoreError('storeUnavailable', 'claim', { cause: thrown }).message).to.include(`"claim": ${told}.`);
    });
  }

  for (const [what, message, secret] of SECRETS) {
    it(`is never the secret ${what}: not in the message, not in the cause, not in its stack`, () => {
      const request = { headers: { authorization: secret } };
      const error = new StoreError('storeUnavailable', 'read', { cause: coded(message, { request }) });
      expect(error.reason).to.be.a('string').and.not.include(secret);
      expect(inspect(error, { depth: 9 })).to.not.include(secret);
    });
  }

  it('is short, however long the words are', () => {
    expect(failureReason(new Error('x'.repeat(10_000)))).to.have.lengthOf(200);
  });

  it('is that nothing answered, where nothing was said', () => {
    for (const nothing of [undefined, null, {}, new Error(''), 7, Object.create(null)]) {
      const { message, reason } = new StoreError('storeUnavailable', 'read', { cause: nothing });
      expect([reason, message.startsWith('The thread store did not answer to "read".')]).to.deep.equal([
        undefined,
        true,
      ]);
    }
  });

  it('survives what throws when it is read', () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
      },
    );
    expect(new StoreError('storeUnavailable', 'read', { cause: hostile }).reason).to.equal(undefined);
  });

  it('names the inbox where it is the inbox', () => {
    expect(new StoreError('storeUnavailable', 'inbox.put', { cause: 'OOM' }).message).to.include('The inbox failed at');
  });

  it("keeps the driver's name, code and frames in the cause", () => {
    const driver = coded('connect ECONNREFUSED 127.0.0.1:6379', { name: 'SocketError', code: 'ECONNREFUSED' });
    const cause = new StoreError('storeUnavailable', 'read', { cause: driver }).cause as Error & { code: string };
    expect(cause).to.include({ name: 'SocketError', code: 'ECONNREFUSED', message: driver.message });
    expect(cause.stack).to.include('failure-reason.test');
  });
});
