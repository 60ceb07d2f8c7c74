/** The guide builds into a site without a warning, every page of docs/ is in it, and every link leads somewhere. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { paper, REPOSITORY } from './readme-examples.js';

const BUILDING_LIMIT_MS = 180_000;
const SCHEMES = /^(https?|mailto):/;

describe('the site', function () {
  this.timeout(BUILDING_LIMIT_MS);
  let site: string;
  let said: string;

  before(async () => {
    site = await mkdtemp(join(tmpdir(), 'site-'));
    const build = promisify(execFile)(process.execPath, [join(REPOSITORY, 'scripts', 'build-site.mjs'), site]);
    said = await build.then(
      ({ stdout, stderr }) => stdout + stderr,
      (failed: unknown) => {
        const { stdout, stderr } = failed as { readonly stdout: string; readonly stderr: string };
        return `The build failed.\n${stdout}${stderr}`;
      },
    );
  });
  after(() => rm(site, { recursive: true, force: true }));

  it('builds without a warning', () => {
    expect(said).to.equal('');
  });

  it('has every page of docs/, by its title', () => {
    const pages = readdirSync(join(REPOSITORY, 'docs')).filter((name) => name.endsWith('.md'));
    expect(pages.length).to.be.greaterThan(5);
    const built = readdirSync(join(site, 'documents')).map((name) => {
      const [, title = ''] = /<title>([^<]*)/.exec(readFileSync(join(site, 'documents', name), 'utf8')) ?? [];
      return plain(title);
    });
    for (const page of pages) {
      const title = /^# (.+)$/m.exec(paper(`docs/${page}`))?.[1]?.replaceAll('`', '') ?? page;
      expect(
        built.some((each) => each.startsWith(title)),
        title,
      ).to.equal(true);
    }
  });

  it('has a module for every export path of the package', () => {
    const { name, exports } = JSON.parse(paper('package.json')) as { name: string; exports: Record<string, unknown> };
    const paths = Object.keys(exports).filter((path) => path !== './package.json');
    const modules = readdirSync(join(site, 'modules'));
    expect(modules.sort()).to.deep.equal(
      paths
        .map((path) => (path === '.' ? `${name}.html` : `${name}_${path.slice(2).replaceAll('/', '_')}.html`))
        .sort(),
    );
  });

  it('has no link that leads nowhere', () => {
    const anchors = new Map<string, ReadonlySet<string>>();
    const anchorsOf = (file: string): ReadonlySet<string> => {
      const known = anchors.get(file) ?? new Set(idsOf(readFileSync(file, 'utf8')));
      anchors.set(file, known);
      return known;
    };
    let links = 0;
    const lost: string[] = [];
    for (const file of htmlFiles(site)) {
      for (const link of linksOf(readFileSync(file, 'utf8'))) {
        links += 1;
        if (SCHEMES.test(link)) {
          if (!URL.canParse(link)) lost.push(`${relative(site, file)} → ${link}`);
          continue;
        }
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? file : resolve(dirname(file), decodeURIComponent(path.split('?')[0] ?? ''));
        const there = existsSync(target) && (!anchor || !target.endsWith('.html') || anchorsOf(target).has(anchor));
        if (!there) lost.push(`${relative(site, file)} → ${link}`);
      }
    }
    expect(links).to.be.greaterThan(1000);
    expect(lost).to.deep.equal([]);
  });
});

function htmlFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.html'))
    .map((name) => join(folder, name));
}

function linksOf(html: string): string[] {
  return [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)]
    .map(([, link = '']) => plain(link))
    .filter((link) => link !== '');
}

function idsOf(html: string): string[] {
  return [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id = '']) => plain(id));
}

/** Text of HTML, without its marks. */
function plain(html: string): string {
  return html
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
