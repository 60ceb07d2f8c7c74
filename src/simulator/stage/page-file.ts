/**
 * The built page: one HTML file beside the compiled simulator.
 *
 * Exists because the same code runs from `dist/` in a published package and from `src/` in this repository.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Where the build puts it: seen from `dist/simulator/stage`, and from `src/simulator/stage`. */
const PLACES: readonly string[] = [
  join(__dirname, '..', 'page', 'index.html'),
  join(__dirname, '..', '..', '..', 'dist', 'simulator', 'page', 'index.html'),
];

/** A page and the policy that lets it do what it needs, and nothing else. */
export interface PageFile {
  readonly html: string;
  /** `Content-Security-Policy`. */
  readonly policy: string;
}

/** Reads the page, or nothing where it has not been built. @param file default: where the build puts it */
export async function readPage(file?: string): Promise<PageFile | undefined> {
  for (const place of file === undefined ? PLACES : [file]) {
    const html = await readFile(place, 'utf8').catch(() => undefined);
    // The page's source lies where the built one lies in dist/; it has no script in it yet.
    if (html?.includes('<script>') === true) return { html, policy: policyFor(html) };
  }
  return undefined;
}

/** Own script and style, own server, nothing from the network; nobody may frame it. */
function policyFor(html: string): string {
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const hash = createHash('sha256').update(script).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}'`,
    "style-src 'unsafe-inline'",
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
