/** Says whether others can read what is sent to an address: plain http to another machine. */

/** `localhost`, 127.0.0.0/8 and ::1, as `URL` writes them. */
const THIS_MACHINE = /^(?:(?:.+\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/;

/**
 * The line for the log if others could read tokens and messages on their way: plain http to another machine.
 * `undefined` if they do not.
 */
export function readableOnTheWay(option: string, baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined || !URL.canParse(baseUrl)) return undefined;
  const { protocol, hostname, host } = new URL(baseUrl);
  if (protocol !== 'http:' || THIS_MACHINE.test(hostname)) return undefined;
  return `${option} is plain http to ${host}: the Page access token and every message travel readable. Give an https address, unless something on this machine encrypts the way.`;
}
