/** One message that Meta refuses is one message: nobody else is silenced by it, and nobody is kept from a person. */
import { expect } from 'chai';
import { GraphApiError } from 'botbuilder-handover-vcclive';
import type { Logger } from 'botbuilder-handover-vcclive';
import { closeScenes, scene, type Scene } from './scene.js';

const SECOND = '6600112233445577';
const THIRD = '6600112233445588';
const CONNECTING = "I'm connecting you to an agent. One moment, please.";
const UNAVAILABLE = 'None of our agents is available right now.';
const FAILED = "I'm sorry, I could not reach an agent. Please try again in a few minutes.";
const HOUR_MS = 60 * 60_000;
const SENDS = { edges: ['messages'] };

/** A logger that remembers. */
function remembering(): { readonly lines: string[]; readonly logger: Logger } {
  const lines: string[] = [];
  const add = (level: string) => (text: string) => void lines.push(`${level}: ${text}`);
  return { lines, logger: { info: () => undefined, warn: add('warn'), error: add('error') } };
}

function owns(stage: Scene, psid: string): string {
  const { owner } = stage.sim.ownerOf(psid);
  return owner === stage.sim.settings.vccLiveAppId ? 'vccLive' : owner;
}

describe('a message that Meta refuses', () => {
  afterEach(closeScenes);

  for (const [what, refused] of [
    ['its content as abusive (368/1346003)', { reason: 'abusiveContent' }],
    ['it with 368 and no subcode', { reason: 'policyBlock' }],
    ['it with 368 and a subcode that nobody knows', { reason: 'policyBlock', subcode: 4854077 }],
  ] as const) {
    it(`because of ${what} stops nobody else: the next customer is answered, the third gets a person`, async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      stage.sim.weather.sendRefused.once(refused);
      await stage.customer.says('hello');
      expect(stage.bot.errors).to.have.length(1);
      expect(stage.bot.errors[0]).to.include({
        code: 'policyViolation',
        metaCode: 368,
        outcome: 'refused',
        retryable: false,
      });
      expect(stage.bot.errors[0]).to.not.have.property('retryAfterMs');
      expect(stage.bot.errors[0]?.message).to.match(/Only this message is stopped/);

      const second = stage.sim.customer(SECOND);
      await second.says('hello');
      expect(second.hears()).to.deep.equal(['bot: hello']);
      const third = stage.sim.customer(THIRD);
      await third.says('talk to agent');
      expect(third.hears()).to.deep.equal([CONNECTING]);
      expect(owns(stage, THIRD)).to.equal('vccLive');
      await stage.customer.says('something else');
      expect(stage.customer.hears().at(-1)).to.equal('bot: something else');
    });
  }

  for (const [what, refused] of [
    ['as abusive', { reason: 'abusiveContent' }],
    ['outside of the window', { reason: 'outsideWindow' }],
    ['with a warning of abuse', { reason: 'abuseWarning' }],
  ] as const) {
    it(`${what} although it is the notice keeps no customer from a person`, async () => {
      const stage = await scene();
      await stage.customer.says('hello');
      stage.sim.weather.sendRefused.once(refused);
      await stage.customer.says('talk to agent');
      expect(stage.owner()).to.equal('vccLive');
      expect(stage.news('passed')).to.have.length(1);
      expect(stage.news('failed')).to.deep.equal([]);
    });
  }

  it('as abusive although notice and pass are one call keeps no customer from a person', async () => {
    const stage = await scene({ handover: { inlineThreadControl: true } });
    await stage.customer.says('hello');
    stage.sim.weather.sendRefused.once({ reason: 'abusiveContent' });
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
    expect(stage.calls('pass_thread_control')).to.have.length(1);
  });
});

describe('a pause that a message has caused', () => {
  afterEach(closeScenes);

  for (const [what, cause, minutes] of [
    ['a rate limit', (stage: Scene) => stage.sim.weather.rateLimited.once({ ...SENDS, code: 80006, minutes: 30 }), 30],
    ['a warning of abuse', (stage: Scene) => stage.sim.weather.sendRefused.once({ reason: 'abuseWarning' }), 60],
  ] as const) {
    it(`(${what}) holds up messages, and neither a handover with its notice nor thread control`, async () => {
      const stage = await scene();
      cause(stage);
      await stage.customer.says('hello');
      const second = stage.sim.customer(SECOND);
      await second.says('hello');
      expect(second.hears(), 'an ordinary message while messages pause').to.deep.equal([]);
      expect(stage.bot.errors[1]).to.include({
        code: 'rateLimited',
        outcome: 'notSent',
        retryAfterMs: minutes * 60_000,
      });

      await second.says('talk to agent');
      expect(second.hears()).to.deep.equal([CONNECTING]);
      expect(owns(stage, SECOND)).to.equal('vccLive');
      const thread = { pageId: stage.thread.pageId, psid: SECOND };
      await stage.bot.handover.take(thread);
      expect(await stage.bot.handover.ownerOf(thread, { ask: true })).to.include({ owner: 'bot' });
      await stage.bot.handover.release(thread);
      expect(owns(stage, SECOND)).to.equal('idle');

      await stage.clock.advance(minutes * 60_000);
      await stage.customer.says('again');
      expect(stage.customer.hears()).to.deep.equal(['bot: again']);
    });
  }

  it('does not keep from the customer who asks that nobody is there, or that it failed', async () => {
    let state: 'available' | 'unavailable' = 'unavailable';
    const stage = await scene({ handover: { availability: () => state } });
    stage.sim.weather.sendRefused.once({ reason: 'abuseWarning' });
    await stage.customer.says('hello');

    await stage.customer.says('talk to agent');
    expect(stage.customer.hears()).to.deep.equal([UNAVAILABLE]);
    state = 'available';
    stage.sim.weather.deadToken.once({ edges: ['pass_thread_control'] });
    await stage.customer.says('talk to agent');
    expect(stage.customer.hears()).to.deep.equal([UNAVAILABLE, CONNECTING, FAILED]);
    await stage.customer.says('hello?');
    expect(stage.customer.hears(), 'the bot itself').to.have.length(3);
  });

  it('is one line in the log that says whom it stops and what to do', async () => {
    const { lines, logger } = remembering();
    const stage = await scene({ handover: { logger } });
    stage.sim.weather.sendRefused.once({ reason: 'abuseWarning' });
    await stage.customer.says('one');
    await stage.customer.says('two');
    const told = lines.filter((line) => line.includes('pause'));
    expect(told).to.have.length(1);
    expect(told[0])
      .to.match(/^error: /)
      .and.match(/code 613, subcode 2018338/)
      .and.match(/handovers go on/i)
      .and.match(/Page Quality/);
  });

  it('is over when its time is, for the messages too', async () => {
    const stage = await scene();
    stage.sim.weather.sendRefused.once({ reason: 'abuseWarning' });
    await stage.customer.says('one');
    await stage.clock.advance(HOUR_MS);
    await stage.customer.says('two');
    expect(stage.customer.hears()).to.deep.equal(['bot: two']);
    expect(stage.bot.errors.every((error) => error instanceof GraphApiError)).to.equal(true);
  });
});
