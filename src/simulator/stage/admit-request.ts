/**
 * Decides whether a request may touch the stage: it is a developer's tool on their own machine.
 *
 * A web page that the developer happens to have open must neither command the stage (a form or fetch to localhost) nor
 * read it under a name of its own (DNS rebinding).
 * @see https://developer.mozilla.org/docs/Web/HTTP/Headers/Sec-Fetch-Site
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** Why a request is turned away, in words for the developer; nothing where it may pass. */
export function refusalOf(
  request: { readonly method?: string | undefined; readonly headers: IncomingHttpHeaders },
  allowedHosts: readonly string[] = [],
): string | undefined {
  const { host, origin } = request.headers;
  const name = hostName(host);
  if (name === undefined || !(isIP(name) > 0 || isLocalhost(name) || allowedHosts.includes(name))) {
    return `The stage does not answer to the name "${name ?? ''}". Open it as localhost or by an IP address.`;
  }
  if (origin !== undefined && !isSameOrigin(origin, host)) {
    return 'Another site may not use the stage: the Origin is not that of this page.';
  }
  const site = request.headers['sec-fetch-site'];
  const fromElsewhere = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (request.method !== 'GET' && fromElsewhere)
    return `Another site may not use the stage: Sec-Fetch-Site is "${site}".`;
  return undefined;
}

/** Rebinding needs a name: addresses and localhost cannot be pointed elsewhere. */
function isLocalhost(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost');
}

function isSameOrigin(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && host !== undefined && new URL(origin).host === host.toLowerCase();
}

function hostName(host: string | undefined): string | undefined {
  if (host === undefined || !URL.canParse(`http://${host}/`)) return undefined;
  return new URL(`http://${host}/`).hostname.replace(/^\[|\]$/g, '');
}
