/**
 * Says what an HTTP answer means that is not the Graph API's: a proxy's page, a login form, a gateway's own JSON.
 *
 * The status of such a server says nothing about permissions or tokens at Meta.
 */
import type { RefusedCall, Verdict } from './classify-refusal.js';

/** The server that answered asks for something before it passes anything on. */
const ASKS_FOR_LOGIN = [407, 511];

const NOT_META = 'Something between here and Meta answered in its place.';
const LOOK_AT = 'Check baseUrl, and any proxy or gateway on the way';

/**
 * What is known after such an answer. `outcome` is `unknown`, because the call may have reached Meta before another
 * server replaced the answer. If the status says that the call was not passed on, `outcome` is `refused`.
 */
export function readForeignAnswer(httpStatus: number, call: RefusedCall): Verdict {
  if (httpStatus === 429) {
    const advice = `${NOT_META} It allows no more calls now. ${LOOK_AT}.`;
    const stops = call === 'send' ? 'sends' : 'page';
    return { means: 'rateLimited', outcome: 'refused', retryable: true, stops, advice };
  }
  if (httpStatus >= 300 && httpStatus < 400) {
    const advice = `${NOT_META} A redirect is never followed, because the token would go with it. ${LOOK_AT}: is it a login page?`;
    return { means: 'networkFailed', outcome: 'refused', retryable: false, stops: 'call', advice };
  }
  if (ASKS_FOR_LOGIN.includes(httpStatus)) {
    const advice = `${NOT_META} It wants a login first. ${LOOK_AT}: the proxy's address takes a user and a password.`;
    return { means: 'networkFailed', outcome: 'refused', retryable: false, stops: 'call', advice };
  }
  const advice = `${NOT_META} ${LOOK_AT}.`;
  return { means: 'networkFailed', outcome: 'unknown', retryable: true, stops: 'call', advice };
}
