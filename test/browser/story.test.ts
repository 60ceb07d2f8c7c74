/** The stage in a real browser: a whole handover, the weather, many customers, and a page that everybody can use. */
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect } from 'chai';
import type { Browser, Locator, Page } from 'playwright-core';
import { BreakableLine } from './breakable-line.js';
import { BROWSER_LIMIT_MS, buildPage, launch, openStage, PAGE_FILE, type OpenStage } from './open-stage.js';

const AXE = resolve(__dirname, '..', '..', 'node_modules', 'axe-core', 'axe.min.js');
const PAGE_MAX_BYTES = 150 * 1024;
const PSID = '6600112233445566';
/** Text, because the compiler adds to functions what a browser does not know. */
const WATCH_FRAMES = `
  const frames = window.frames_ = { longestMs: 0, last: performance.now() };
  requestAnimationFrame(function look(now) {
    frames.longestMs = Math.max(frames.longestMs, now - frames.last);
    frames.last = now;
    requestAnimationFrame(look);
  });
  undefined`;

describe('The stage in a browser', function () {
  this.timeout(BROWSER_LIMIT_MS);
  let browser: Browser | undefined;
  let at: OpenStage;

  before(async function () {
    browser = await launch();
    if (browser === undefined) this.skip();
    await buildPage();
  });
  after(() => browser?.close());
  beforeEach(async () => {
    at = await openStage(browser!);
  });
  afterEach(async () => {
    await at.close();
    expect(at.faults).to.deep.equal([]);
  });

  const conversation = (page: Page): Locator => page.getByRole('log');
  const says = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel(/^Message from/).fill(text);
    await page.getByLabel(/^Message from/).press('Enter');
  };
  const agentSays = async (page: Page, text: string): Promise<void> => {
    await page.getByLabel(/as the agent$/).fill(text);
    await page.getByRole('button', { name: 'Answer', exact: true }).first().click();
  };
  const owners = async (page: Page, truth: string, belief = truth): Promise<void> => {
    await page.locator('[data-role=truth] .owner', { hasText: truth }).waitFor();
    await page.locator('[data-role=belief] .owner', { hasText: belief }).waitFor();
  };
  /** Everything the bot has been told and has said so far is done. */
  const settled = (): Promise<void> => at.simulator.settled();

  it('plays the whole story: bot, agent, and back', async () => {
    const page = await at.visit();
    await says(page, 'Hello!');
    await conversation(page).getByText('You said: Hello!').waitFor();
    await owners(page, 'Sample bot');

    await conversation(page).getByRole('button', { name: 'Talk to agent' }).click();
    await conversation(page).getByText("I'm connecting you to an agent").waitFor();
    await owners(page, 'VCC Live');
    const workspace = page.getByRole('region', { name: 'VCC Live agent workspace' });
    await workspace.getByRole('list', { name: 'Threads handed over' }).getByText('Kata').waitFor();
    await workspace.getByText('asked for an agent').waitFor();

    await agentSays(page, 'This is Anna. How can I help?');
    await conversation(page)
      .locator('.message.agent', { hasText: 'This is Anna' })
      .getByText('VCC Live agent')
      .waitFor();
    await says(page, 'My parcel is late.');
    await page.getByRole('list', { name: 'Timeline' }).locator('.channel.standby').first().waitFor();
    await settled();
    expect(at.simulator.customer(PSID).hears()).not.to.include('You said: My parcel is late.');

    await page.getByLabel('Disposition').selectOption('completed');
    await page.getByLabel('Note').fill('refunded');
    await page.getByRole('button', { name: 'Hand back' }).click();
    await conversation(page).getByText('Welcome back!').waitFor();
    await owners(page, 'Sample bot');
    await says(page, 'Thank you!');
    await conversation(page).getByText('You said: Thank you!').waitFor();
    await page.getByText('No customer waits for an agent').waitFor();

    const line = page.locator('.line', { hasText: 'pass_thread_control → the bot' });
    await line.getByRole('button').click();
    await line.getByLabel('JSON', { exact: true }).getByText('refunded').waitFor();
    await line.getByText('As curl', { exact: true }).click();
    const curl = (await line.getByLabel('curl command').textContent()) ?? '';
    expect(curl)
      .to.include('openssl')
      .and.to.include('/api/messages')
      .and.not.to.include(at.simulator.settings.appSecret);
  });

  it('is usable by keyboard alone', async () => {
    const page = await at.visit();
    await page.getByLabel(/^Message from/).focus();
    await page.keyboard.type('Hello by keyboard');
    await page.keyboard.press('Enter');
    await conversation(page).getByText('You said: Hello by keyboard').waitFor();
    const toPress = conversation(page).getByRole('button', { name: 'Talk to agent' });
    for (let step = 0; step < 12 && !(await isFocused(toPress)); step += 1) await page.keyboard.press('Shift+Tab');
    expect(await isFocused(toPress)).to.equal(true);
    const outline = await toPress.evaluate((element) => (globalThis as any).getComputedStyle(element).outlineStyle);
    expect(outline).not.to.equal('none');
    await page.keyboard.press('Enter');
    await owners(page, 'VCC Live');
  });

  it('duplicates: two deliveries, one answer', async () => {
    const page = await at.visit();
    await page.getByRole('button', { name: /^Weather/ }).click();
    await page.locator('#weather').getByLabel('Duplicates').selectOption('together');
    await page.getByRole('button', { name: 'Weather: 1 switch on' }).waitFor();
    await says(page, 'Only once, please');
    await page.locator('.line', { hasText: 'message "Only once, please"' }).filter({ hasText: 'duplicate' }).waitFor();
    await settled();
    const answers = at.simulator.customer(PSID).hears();
    expect(answers).to.deep.equal(['You said: Only once, please']);
    await page.getByRole('button', { name: 'Calm everything' }).click();
    await page.getByRole('button', { name: 'Weather: calm' }).waitFor();
  });

  it('a lost answer: the bot asks who owns the thread, and passes once', async () => {
    const page = await at.visit();
    await page.getByRole('button', { name: /^Weather/ }).click();
    await page.locator('#weather').getByLabel('Lost answer').selectOption('nextPass');
    await page.getByRole('button', { name: 'Weather: 1 switch on' }).waitFor();
    await says(page, 'talk to agent');
    await page.locator('.line.warn', { hasText: 'answer lost, yet it was done' }).waitFor();
    await page.locator('.line', { hasText: 'GET thread_owner' }).first().waitFor();
    await owners(page, 'VCC Live');
    await settled();
    expect(at.simulator.customer(PSID).hears()).to.have.length(1);
    await page.getByRole('button', { name: 'Weather: calm' }).waitFor();
  });

  it('a silent release: red until the customer writes, and the bot finds out', async () => {
    const page = await at.visit();
    await says(page, 'talk to agent');
    await owners(page, 'VCC Live');
    await page.getByRole('button', { name: 'Release silently' }).click();
    await owners(page, 'Nobody (idle)', 'VCC Live');
    await page.getByRole('status').getByText('The bot is wrong').waitFor();
    await page.locator('.line.bad', { hasText: 'the bot is wrong' }).waitFor();
    await says(page, 'Anybody?');
    await conversation(page).getByText('Welcome back!').waitFor();
    await owners(page, 'Sample bot');
    await page.getByRole('status').getByText('The bot is right').waitFor();
  });

  it('shows in Graph’s words what the platform refuses, and keeps what was typed', async () => {
    const page = await at.visit();
    await says(page, 'Hello');
    await owners(page, 'Sample bot');
    const field = page.getByLabel(/although VCC Live does not own/);
    await field.fill('I was not asked');
    await page.getByRole('button', { name: 'Try' }).click();
    await page.getByRole('alert').getByText('another app is controlling this thread').waitFor();
    expect(await field.inputValue()).to.equal('I was not asked');
    await page.locator('.line.bad', { hasText: 'VCC Live spoke without owning the thread' }).waitFor();
  });

  it('closes a chat as the agent: the wire has VCC Live’s webhook, and the bot says how it ended', async () => {
    const page = await at.visit();
    await says(page, 'talk to agent');
    await owners(page, 'VCC Live');
    const webhooks = page.getByRole('group', { name: 'Webhooks of VCC Live' });
    await webhooks.getByLabel('Ticket').selectOption('waiting4agent');
    await webhooks.getByRole('button', { name: 'Tell the bot' }).click();
    await page.locator('.line', { hasText: 'Ticket Status (Async): update waiting4agent' }).waitFor();
    await webhooks.getByLabel('Chat').selectOption('missed');
    await webhooks.getByRole('button', { name: 'Close the chat' }).click();
    const line = page.locator('.line.good', { hasText: 'Chat (Async): closed by Anna Agent: missed' });
    await line.getByRole('button').click();
    await line.getByText('As curl', { exact: true }).click();
    const curl = (await line.getByLabel('curl command').textContent()) ?? '';
    expect(curl).to.include('/vcc-live').and.to.include('$VCC_LIVE_WEBHOOK_SECRET');
    expect(await line.textContent()).not.to.include('simulated-vcc-live-webhook-secret');
    await owners(page, 'VCC Live');
    await page.getByRole('button', { name: 'Hand back' }).click();
    await conversation(page).getByText('Anna Agent has closed your chat: missed').waitFor();
  });

  it('has customers of two Pages, and restarts the bot', async () => {
    const page = await at.visit();
    await page.getByLabel('Page of the new customer').selectOption({ label: 'Workshop' });
    await page.getByRole('button', { name: 'New customer' }).click();
    await page.locator('.phone-head').getByRole('heading', { name: 'Workshop' }).waitFor();
    await says(page, 'talk to agent');
    await conversation(page).getByText('The workshop is being called').waitFor();
    await page.locator('.line', { hasText: 'POST messages with thread_control → VCC Live' }).waitFor();
    await owners(page, 'VCC Live');
    await page.getByRole('button', { name: /^Weather/ }).click();
    await page.getByRole('button', { name: 'Restart the bot' }).click();
    await page.locator('.line', { hasText: 'the bot has been started again' }).waitFor();
    await page.getByRole('button', { name: 'Hand back' }).click();
    await conversation(page).getByText('Welcome back!').waitFor();
    await conversation(page).getByRole('button', { name: '4', exact: true }).click();
    await conversation(page).getByText('Thank you for the 4.').waitFor();
  });

  it('plays a scenario step by step, with a line that says what to look at', async () => {
    const page = await at.visit();
    await page.getByLabel('Scenario').selectOption('silentRelease');
    await page.getByRole('button', { name: 'Start' }).click();
    const scenario = page.getByRole('region', { name: 'Scenario: A silent release' });
    for (const words of [
      'appears in the agent workspace',
      'VCC Live owns the thread, and the bot knows it',
      'Meta sends no webhook',
      'asks thread_owner',
    ]) {
      await scenario.getByRole('button', { name: 'Next' }).click();
      await scenario.getByText(words).waitFor();
      await settled();
    }
    await scenario.getByText('This was the last step').waitFor();
    await scenario.getByRole('button', { name: 'Close' }).click();
    await scenario.waitFor({ state: 'detached' });
  });

  it('says that the connection is lost, and goes on where it was', async () => {
    const line = await BreakableLine.to(Number(new URL(at.stage.url).port));
    const page = await at.visit({ through: line.url });
    await says(page, 'before');
    await conversation(page).getByText('You said: before').waitFor();
    line.cut();
    await page.getByText('The page lost its connection to the stage').waitFor();
    await at.simulator.customer(PSID).says('meanwhile');
    await settled();
    await says(page, 'nobody hears this');
    await page.getByRole('alert').getByText('does not answer').waitFor();
    line.mend();
    await conversation(page).getByText('You said: meanwhile').waitFor();
    await page.getByText('The page lost its connection to the stage').waitFor({ state: 'detached' });
    expect(await conversation(page).getByText('You said: before').count()).to.equal(1);
    expect(await page.getByLabel(/^Message from/).inputValue()).to.equal('nobody hears this');
    await page.context().close();
    line.close();
    // The browser reports each attempt; nothing else may have gone wrong.
    expect(at.faults.splice(0).filter((fault) => !fault.includes('Failed to load resource: net::'))).to.deep.equal([]);
  });

  it('stays usable while 200 customers talk at once, and keeps its limits', async () => {
    const page = await at.visit();
    await says(page, 'Hello');
    await conversation(page).getByText('You said: Hello').waitFor();
    await page.evaluate(WATCH_FRAMES);
    await page.getByRole('button', { name: /^Weather/ }).click();
    await page.getByRole('button', { name: '200 customers write' }).click();
    const began = Date.now();
    await page.getByLabel(/^Message from/).fill('Am I still heard?');
    await page.getByLabel(/^Message from/).press('Enter');
    await page.getByLabel('Whose lines').selectOption('all');
    const tookMs = Date.now() - began;
    await conversation(page).getByText('You said: Am I still heard?').waitFor();
    await settled();
    await page.locator('.customers .count', { hasText: '202' }).waitFor();
    expect(at.simulator.wire.entries().length).to.be.greaterThan(1200);
    expect(tookMs, 'typing and choosing').to.be.lessThan(4000);
    const longestMs = await page.evaluate<number>('frames_.longestMs');
    expect(longestMs, 'the longest frame').to.be.lessThan(1500);
    const drawn = await page.locator('.line').count();
    expect(drawn).to.be.within(50, 150);
    await page.getByText('The page keeps the last 1000 lines.').waitFor();
    await page.getByRole('button', { name: /earlier lines$/ }).click();
    expect(await page.locator('.line').count()).to.be.within(151, 300);
  });

  it('stays where the reader is, and follows again when asked', async () => {
    const page = await at.visit();
    for (let count = 0; count < 12; count += 1) await at.simulator.customer(PSID).says(`message ${count}`);
    await settled();
    const wire = page.getByRole('list', { name: 'Timeline' });
    const fromEnd = (): Promise<number> =>
      wire.evaluate((list) => list.scrollHeight - list.scrollTop - list.clientHeight);
    await page.locator('.line', { hasText: 'You said: message 11' }).first().waitFor();
    expect(await fromEnd()).to.be.lessThan(32);
    await wire.evaluate((list) => (list.scrollTop = 0));
    await page.getByRole('button', { name: 'Newest' }).waitFor();
    await at.simulator.customer(PSID).says('one more');
    await page.locator('.line', { hasText: 'You said: one more' }).first().waitFor();
    expect(await wire.evaluate((list) => list.scrollTop)).to.be.lessThan(5);
    await page.getByRole('button', { name: 'Newest' }).click();
    await page.getByRole('button', { name: 'Newest' }).waitFor({ state: 'detached' });
    expect(await fromEnd()).to.be.lessThan(32);
  });

  it('draws a thread as it goes on, and saves the drawing', async () => {
    const page = await at.visit();
    await says(page, 'talk to agent');
    await page.getByRole('button', { name: 'Draw the thread' }).click();
    const drawing = page.getByRole('region', { name: 'Drawing of the thread of Kata' });
    await drawing.getByText('▸ The bot believes: VCC Live', { exact: true }).waitFor();
    await at.simulator.agent().says(PSID, 'Hello, <b>this</b> is Anna.');
    await drawing.getByText('Agent: “Hello, <b>this</b> is Anna.”', { exact: true }).waitFor();
    const [box, svg] = [await drawing.boundingBox(), await drawing.locator('svg').boundingBox()];
    expect(svg?.width).to.be.at.most(box?.width ?? 0);
    const [saved] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Save as SVG' }).click(),
    ]);
    expect(saved.suggestedFilename()).to.equal(`thread-${PSID}.svg`);
    expect(await readFile(await saved.path(), 'utf8')).to.match(/^<svg xmlns="[^]*Agent: “Hello,[^]*<\/svg>\n$/);
    await page.getByRole('button', { name: 'Draw the thread' }).click();
    await page.getByRole('list', { name: 'Timeline' }).waitFor();
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      it(`axe finds nothing serious, ${colorScheme}, ${width} pixels wide`, async () => {
        const { simulator } = at;
        await simulator.customer(PSID).says('talk to agent');
        await simulator.agent().says(PSID, 'Here I am.');
        await simulator.customer('77').says('talk to agent');
        await simulator.agent().releases('77');
        await simulator.customer('78').says('Hello');
        await simulator
          .agent()
          .says('78', 'not mine')
          .catch(() => undefined);
        const page = await at.visit({ colorScheme, viewport: { width, height: 844 }, bypassCSP: true });
        const parts = width < 760 ? ['Phone', 'Agent', 'Wire', 'Weather'] : ['all'];
        await page.getByLabel('Scenario').selectOption('dialog');
        await page.getByRole('button', { name: 'Start' }).click();
        await page.getByRole('region', { name: /^Scenario/ }).waitFor();
        if (width >= 760) {
          await page.getByRole('button', { name: /^Weather/ }).click();
          await page.locator('#weather').getByLabel('Delay').check();
          await page.getByRole('button', { name: '+ …' }).click();
        }
        await page.addScriptTag({ path: AXE });
        for (const part of parts) {
          if (part !== 'all') await page.getByRole('button', { name: part, exact: true }).click();
          for (const customer of ['Kata', 'Bence', 'Lili']) {
            if (width >= 760 || part === 'Phone')
              await page.locator('.customers .person', { hasText: customer }).click();
            if (width >= 760 || part === 'Wire') await openFirstLine(page);
            expect(await findings(page), `${part}, ${customer}`).to.deep.equal([]);
            if (width >= 760 || part === 'Wire') {
              await page.getByRole('button', { name: 'Draw the thread' }).click();
              await page.locator('.drawing svg').waitFor();
              expect(await findings(page), `drawing, ${customer}`).to.deep.equal([]);
              await page.getByRole('button', { name: 'Draw the thread' }).click();
            }
            if (width < 760 && part !== 'Phone') break;
          }
        }
        const overflow = await page.evaluate(
          (): number => (globalThis as any).document.documentElement.scrollWidth - (globalThis as any).innerWidth,
        );
        expect(overflow, 'sideways scrolling').to.be.at.most(0);
      });
    }
  }

  it('is one file, small, that loads nothing', async () => {
    const html = await readFile(PAGE_FILE, 'utf8');
    expect((await stat(PAGE_FILE)).size).to.be.lessThan(PAGE_MAX_BYTES);
    expect(html).not.to.match(/<(?:script|link|img)[^>]+(?:src|href)="(?!data:)/);
    const picture = await stat(join(__dirname, '..', '..', 'docs', 'images', 'stage.png'));
    expect(picture.size).to.be.lessThan(200 * 1024);
  });
});

async function isFocused(element: Locator): Promise<boolean> {
  return element.evaluate((one) => one === (globalThis as any).document.activeElement);
}

async function openFirstLine(page: Page): Promise<void> {
  const closed = page.locator('.line button[aria-expanded=false]').first();
  if ((await closed.count()) === 0) return;
  await closed.click();
  await page.locator('.detail pre').first().waitFor();
}

/** What axe holds to be serious or critical, one line each. */
async function findings(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    const { violations } = await (globalThis as any).axe.run();
    return violations
      .filter(({ impact }: any) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }: any) => nodes.map((node: any) => `${id}: ${node.html} ${node.failureSummary}`));
  });
}
