/** What Bot Framework's telemetry client gets of the same long story is what docs/watching-it.md says. */
import type { BotTelemetryClient, TelemetryDependency, TelemetryEvent } from 'botbuilder';
import { NullTelemetryClient } from 'botbuilder';
import { botTelemetry } from 'botbuilder-handover-vcclive';
import { expect } from 'chai';
import { closeScenes, scene, type Scene } from '../integration/scene.js';
import { paper, tableOf } from '../readme/readme-examples.js';
import { playMixedStory, TEXTS } from './mixed-story.js';
import { loggerInto } from '../kit/loggers.js';

const PAGE = paper('docs/watching-it.md');
const STORY_LIMIT_MS = 60_000;

class Kept extends NullTelemetryClient {
  readonly events: TelemetryEvent[] = [];
  readonly dependencies: TelemetryDependency[] = [];
  override trackEvent(event: TelemetryEvent): void {
    this.events.push(event);
  }
  override trackDependency(dependency: TelemetryDependency): void {
    this.dependencies.push(dependency);
  }
}

describe('botTelemetry()', () => {
  describe('after a long story', function () {
    this.timeout(STORY_LIMIT_MS);
    const client = new Kept();
    let stage: Scene;

    before(async () => {
      const asBotsHaveIt: BotTelemetryClient = client;
      stage = await playMixedStory({ telemetry: botTelemetry(asBotsHaveIt) });
    });
    after(closeScenes);

    it('has told every event of the page, with its properties and metrics, and no other', () => {
      const documented = tableOf(PAGE, 'event', 'properties', 'metrics').map((cells) => cells.map(words));
      const names = [...new Set(client.events.map(({ name }) => name))];
      const told = names.map((name) => {
        const same = client.events.filter((event) => event.name === name);
        const keys = (part: 'properties' | 'metrics') => [
          ...new Set(same.flatMap((event) => Object.keys(event[part] ?? {}))),
        ];
        return [[name], keys('properties').sort(), keys('metrics').sort()];
      });
      expect(told.sort()).to.deep.equal(documented.sort());
    });

    it('has told handovers with how they ended', () => {
      const ended = client.events.filter(({ name }) => name === 'MessengerHandover.Ended');
      expect(ended.map(({ properties }) => properties?.['outcome'])).to.deep.equal([
        'completed',
        'completed',
        'failed',
        'refused',
        'takenBack',
        'unclaimed',
      ]);
      expect(ended[0]?.metrics).to.deep.equal({ waitedMs: 282_000, agentMs: 240_000 });
    });

    it('has told every Graph call as a dependency', () => {
      const pass = client.dependencies.filter(({ name }) => name === 'messenger graph pass');
      expect(pass.map(({ success, resultCode, data }) => [success, resultCode, data])).to.deep.equal([
        [true, 200, 'ok'],
        [true, 200, 'ok'],
        [false, 400, 'invalidToken'],
        [true, 200, 'ok'],
        [true, 200, 'ok'],
      ]);
      expect(pass[0]?.target).to.equal(new URL(stage.sim.graphBaseUrl).host);
    });

    it('has told nothing of the customer, and no secret', () => {
      const everything = JSON.stringify([client.events, client.dependencies]);
      const { settings } = stage.sim;
      for (const text of [...Object.values(TEXTS), stage.thread.psid, settings.pageAccessToken, settings.appSecret]) {
        expect(everything).not.to.include(text);
      }
      expect(everything).not.to.match(/boom|talk to agent|Our news/);
    });
  });

  it('has a client that throws do no harm, beside one that works', async () => {
    const lines: string[] = [];
    const broken = {
      trackEvent: () => {
        throw new TypeError('no network');
      },
      trackDependency: () => {
        throw new TypeError('no network');
      },
    };
    const client = new Kept();
    const stage = await scene({
      handover: {
        telemetry: [botTelemetry(broken), botTelemetry(client)],
        logger: loggerInto(lines, 'error'),
      },
    });
    await stage.customer.says('talk to agent');
    expect(stage.owner()).to.equal('vccLive');
    expect(client.events.map(({ name }) => name)).to.include('MessengerHandover.Passed');
    expect(lines).to.include('A telemetry probe threw: no network');
    await closeScenes();
  });
});

function words(cell: string): string[] {
  return cell
    .split(',')
    .map((word) => word.replaceAll('`', '').trim())
    .filter((word) => word !== '')
    .sort();
}
