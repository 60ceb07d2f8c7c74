/** Meta's own apps have names; all others have ids only. */
import { expect } from 'chai';
import { metaAppOf, nameOfApp } from '../../src/thread/meta-apps.js';

describe("Meta's own apps", () => {
  for (const [appId, app, name] of [
    ['263902037430900', 'pageInbox', "Meta's Page Inbox (app 263902037430900)"],
    ['26390203743090', 'pageInbox', "Meta's Page Inbox (app 26390203743090)"],
    ['1217981644879628', 'instagramInbox', "Meta's Instagram Inbox (app 1217981644879628)"],
    ['413038776280800', 'leadGeneration', "Meta's lead generation (app 413038776280800)"],
    ['622851382610562', 'businessAi', "Meta's Business AI (app 622851382610562)"],
    ['928891643393937', 'businessAi', "Meta's Business AI (app 928891643393937)"],
    ['900100200300400', undefined, 'app 900100200300400'],
    ['', undefined, 'app '],
  ] as const) {
    it(`${appId || 'no id'} is ${app ?? 'none of them'}`, () => {
      expect(metaAppOf(appId)).to.equal(app);
      expect(nameOfApp(appId)).to.equal(name);
    });
  }

  it('an app without an id is none of them', () => expect(metaAppOf(undefined)).to.equal(undefined));
});
