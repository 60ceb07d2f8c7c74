/**
 * Decides whether a request may touch a server that a developer runs on their own machine.
 *
 * A web page that is open in the developer's browser must not act there by a form or a fetch to localhost. It must not read
 * there either, under a name that resolves to this machine (DNS rebinding).
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** As much of a request as the decision needs. */
export interface LocalRequest {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Why a request is refused. */
export interface LocalRefusal {
  /** `name`: the request's `Host` is a name that is not allowed · `site`: a page of another site sends the request. */
  readonly why: 'name' | 'site';
  /** In words for the developer. */
  readonly says: string;
}

const LONGEST_NAME = 100;

/**
 * Why a request is refused; `undefined` if it is admitted.
 * @param allowedHosts names beside localhost and IP addresses, without port
 */
export function refusalOf(request: LocalRequest, allowedHosts: readonly string[] = []): LocalRefusal | undefined {
  const { host, origin } = request.headers;
  const name = hostName(host);
  if (name === undefined || !isAllowed(name, allowedHosts)) {
    const shown = (name ?? host ?? '').slice(0, LONGEST_NAME);
    const says =
      `This server does not answer to the name "${shown}". Use localhost or an IP address, ` +
      'or allow the name: --allow-host, or the option allowedHosts.';
    return { why: 'name', says };
  }
  if (origin !== undefined && !isSameOrigin(origin, host)) {
    return { why: 'site', says: 'Another site may not use this server: the Origin is not its own.' };
  }
  const site = request.headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none' || isFollowedLink(request)) return undefined;
  const says = `Another site may not use this server: Sec-Fetch-Site is "${site.slice(0, LONGEST_NAME)}".`;
  return { why: 'site', says };
}

/** Rebinding needs a name: nobody can make addresses and localhost resolve to another machine. */
function isAllowed(name: string, allowedHosts: readonly string[]): boolean {
  if (isIP(name) > 0 || name === 'localhost' || name.endsWith('.localhost')) return true;
  return allowedHosts.some((allowed) => allowed.toLowerCase() === name);
}

/** The developer has clicked on a link: the page opens in a window of its own, and the other site cannot look into it. */
function isFollowedLink({ method, headers }: LocalRequest): boolean {
  const { 'sec-fetch-mode': mode, 'sec-fetch-dest': destination } = headers;
  return method === 'GET' && mode === 'navigate' && destination === 'document';
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}

function hostName(host: string | undefined): string | undefined {
  if (host === undefined || host === '' || !URL.canParse(`http://${host}/`)) return undefined;
  const { hostname, pathname, search, username } = new URL(`http://${host}/`);
  // Anything but a name and a port is no host.
  if (pathname !== '/' || search !== '' || username !== '') return undefined;
  return hostname.replace(/^\[|\]$/g, '');
}
