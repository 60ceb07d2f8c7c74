/** A customer with a phone: writes, presses buttons, reads. */
import { CustomerExpectations } from '../expectations.js';
import type { ConversationEntry, CustomerAct, Page, Thread } from '../messenger-platform.js';
import type { JsonObject } from '../webhook-items.js';
import type { Surroundings } from './surroundings.js';

/** Something a customer sends beside text. */
export interface SimulatedAttachment {
  readonly type: 'image' | 'audio' | 'video' | 'file' | 'location' | 'fallback';
  /** Default: an example address. Ignored for locations. */
  readonly url?: string;
  /** Locations. Default: somewhere in Budapest. */
  readonly coordinates?: { readonly lat: number; readonly long: number };
}

/** A customer of one Page. Each act resolves when the webhooks it caused were delivered, or given up for now. */
export class SimulatedCustomer {
  readonly psid: string;
  readonly pageId: string;
  /** What a test expects this customer to hear: `await customer.expects.answer(/hello/i)`. */
  readonly expects: CustomerExpectations;
  readonly #surroundings: Surroundings;
  readonly #page: Page;
  readonly #thread: Thread;

  /** @internal The simulator makes these. */
  constructor(surroundings: Surroundings, page: Page, psid: string) {
    this.psid = psid;
    this.pageId = page.pageId;
    this.#surroundings = surroundings;
    this.#page = page;
    this.#thread = surroundings.platform.threadOf(page, psid);
    const { wire, settled, heard } = surroundings;
    this.expects = new CustomerExpectations({ psid, wire, settled, heard, inbox: () => this.inbox() });
  }

  /** Writes. Resolves with the message id. */
  says(text: string): Promise<string> {
    return this.#writes({ text });
  }

  /** Taps a quick reply. */
  taps(title: string, payload: string): Promise<string> {
    return this.#writes({ text: title, quick_reply: { payload } });
  }

  /** Sends a picture, a file, a place. */
  sends(attachment: SimulatedAttachment): Promise<string> {
    const {
      type,
      url = `https://cdn.example.test/v/${type}`,
      coordinates = { lat: 47.4979, long: 19.0402 },
    } = attachment;
    const sent =
      type === 'location' ? { type, title: 'Pinned location', payload: { coordinates } } : { type, payload: { url } };
    return this.#writes({ attachments: [sent] });
  }

  /** Presses a button. Its sender and title are those of the button with that payload, if an app has sent one. */
  async presses(payload: string, title?: string): Promise<string> {
    const mid = this.#surroundings.platform.newMid();
    const button = this.#thread.buttons.get(payload);
    const label = title ?? button?.title ?? payload;
    await this.#acts({
      kind: 'postback',
      content: { postback: { mid, title: label, payload } },
      wakes: true,
      buttonAppId: button?.appId,
      shows: { mid, text: label, message: { text: label } },
    });
    return mid;
  }

  /** Reads everything so far. */
  reads(): Promise<void> {
    const watermark = this.#surroundings.platform.platformNow();
    return this.#acts({ kind: 'read', content: { read: { watermark } }, wakes: false });
  }

  /** Reacts to a message. */
  reacts(mid: string, action: 'react' | 'unreact' = 'react'): Promise<void> {
    const reaction = { reaction: 'love', emoji: '\u2764\ufe0f', action, mid };
    return this.#acts({ kind: 'reaction', content: { reaction }, wakes: false });
  }

  /** Removes one of their own messages. */
  unsends(mid: string): Promise<void> {
    return this.#acts({ kind: 'message', content: { message: { mid, is_deleted: true } }, wakes: false });
  }

  /** Comes (again) by an m.me link. */
  follows(ref: string): Promise<void> {
    const referral = { ref, source: 'SHORTLINK', type: 'OPEN_THREAD' };
    return this.#acts({ kind: 'referral', content: { referral }, wakes: true });
  }

  /** What came to them: messages, typing and seen marks of everybody else, oldest first. */
  inbox(): ConversationEntry[] {
    return this.#thread.conversation.filter((entry) => entry.from !== 'customer');
  }

  /**
   * Ticks the box of the checkbox plugin on a web page. The bot may answer to this `user_ref`; the customer's next message
   * has it as its `prior_message`.
   */
  optsIn(userRef: string, ref = 'checkbox'): Promise<void> {
    return this.#surroundings.platform.optsIn(this.#page, this.#thread, userRef, ref);
  }

  /** The whole conversation, their own messages included, oldest first. */
  conversation(): ConversationEntry[] {
    return [...this.#thread.conversation];
  }

  /** The texts that came to them, oldest first. */
  hears(): string[] {
    return this.inbox().flatMap((entry) => (entry.text === undefined ? [] : [entry.text]));
  }

  async #writes(content: JsonObject): Promise<string> {
    const mid = this.#surroundings.platform.newMid();
    const text = typeof content['text'] === 'string' ? { text: content['text'] } : {};
    const { optedInBy } = this.#thread;
    delete this.#thread.optedInBy;
    const prior =
      optedInBy === undefined ? {} : { prior_message: { source: 'checkbox_plugin', identifier: optedInBy } };
    await this.#acts({
      kind: 'message',
      content: { message: { mid, ...content }, ...prior },
      wakes: true,
      shows: { mid, ...text, message: content },
    });
    return mid;
  }

  #acts(act: CustomerAct): Promise<void> {
    return this.#surroundings.platform.customerActs(this.#page, this.#thread, act);
  }
}
