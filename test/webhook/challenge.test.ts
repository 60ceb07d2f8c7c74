import { expect } from 'chai';
import fc from 'fast-check';
import { answerChallenge } from '../../src/webhook/challenge.js';

const TOKEN = 'verify-me';
const query = (fields: Record<string, unknown> = {}): Record<string, unknown> => ({
  'hub.mode': 'subscribe',
  'hub.verify_token': TOKEN,
  'hub.challenge': '1158201444',
  ...fields,
});

describe('answerChallenge', () => {
  it("repeats Meta's challenge where mode and token are right", () => {
    expect(answerChallenge(query(), TOKEN)).to.deep.equal({ status: 200, body: '1158201444' });
  });

  it('reads the query of a URL as well as a parsed one', () => {
    const params = new URLSearchParams('hub.mode=subscribe&hub.challenge=42&hub.verify_token=verify-me');
    expect(answerChallenge(params, TOKEN)).to.deep.equal({ status: 200, body: '42' });
  });

  it('refuses another token, another mode, and none', () => {
    const refused = [
      query({ 'hub.verify_token': 'verify-you' }),
      query({ 'hub.verify_token': `${TOKEN}x` }),
      query({ 'hub.verify_token': undefined }),
      query({ 'hub.verify_token': [TOKEN] }),
      query({ 'hub.mode': 'unsubscribe' }),
      query({ 'hub.mode': undefined }),
      {},
      new URLSearchParams(),
      new URLSearchParams('hub.mode=subscribe&hub.challenge=42&hub.verify_token=x&hub.verify_token=verify-me'),
    ];
    for (const one of refused) expect(answerChallenge(one, TOKEN).status).to.equal(403);
  });

  it('refuses everybody where we have no token: an empty one is not a password', () => {
    expect(answerChallenge(query({ 'hub.verify_token': '' }), '').status).to.equal(403);
    expect(answerChallenge(query(), undefined as unknown as string).status).to.equal(403);
  });

  it('sends nothing back that a browser could take for a page', () => {
    for (const challenge of ['<script>alert(1)</script>', 'a b', '', undefined, ['1'], 'x'.repeat(257)]) {
      const answer = answerChallenge(query({ 'hub.challenge': challenge }), TOKEN);
      expect(answer).to.deep.equal({ status: 400, body: 'Bad Request' });
    }
    fc.assert(
      fc.property(fc.string(), (challenge) => {
        expect(answerChallenge(query({ 'hub.challenge': challenge }), TOKEN).body).to.match(/^[\w -]+$/);
      }),
    );
  });

  it('takes a challenge of letters, digits, hyphens and underscores', () => {
    expect(answerChallenge(query({ 'hub.challenge': 'aB3_-' }), TOKEN)).to.deep.equal({ status: 200, body: 'aB3_-' });
  });
});
