/** Says whether what goes to an address can be read on the way: plain http to another machine. */

/** `localhost`, 127.0.0.0/8 and ::1, as `URL` writes them. */
const THIS_MACHINE = /^(?:(?:.+\.)?localhost\.?|127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f[\da-f]{2}:[\da-f]{1,4}\])$/;

/**
 * The line for the log if tokens and messages would travel readable: plain http to another machine than this one.
 * `undefined` if they do not.
 */
export function readableOnTheWay(option: string, baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined || !URL.canParse(baseUrl)) return undefined;
  const { protocol, hostname, host } = new URL(baseUrl);
  if (protocol !== 'http:' || THIS_MACHINE.test(hostname)) return undefined;
  return `${option} is plain http to ${host}: the Page access token and every message travel readable. Give an https address, unless something on this machine encrypts the way.`;
}
