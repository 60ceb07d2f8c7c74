import { expect } from 'chai';
import { encodedText, threadId } from '../../src/thread/key.js';

describe('the key of a thread', () => {
  it('names customer and Page in one text', () => {
    expect(threadId({ pageId: '1', psid: '2' })).to.equal('1/2');
  });

  it('keeps ids apart that hold the sign between them', () => {
    expect(threadId({ pageId: '1/2', psid: '3' })).not.to.equal(threadId({ pageId: '1', psid: '2/3' }));
  });

  it('is made of any text that JSON can hold, half a surrogate pair included', () => {
    for (const half of ['\ud800', '\udfff', 'a\ud83d', '\ude00b']) {
      expect(() => threadId({ pageId: half, psid: half })).not.to.throw();
    }
    expect(encodedText('\ud83d\ude00'), 'a whole pair stays').to.equal(encodeURIComponent('\ud83d\ude00'));
  });
});
