/**
 * No expression of the package takes longer than the length of a text allows, whatever somebody writes.
 *
 * A tool looks at every expression by itself, and long texts of every kind go through everything that reads what people write.
 * @see https://makenowjust-labs.github.io/recheck/
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';
import { redactPersonalData, talkToAgentPhrases, talkToBotPhrases } from 'botbuilder-handover-vcclive';
import type { PhraseLanguage } from 'botbuilder-handover-vcclive';
import { redactSecrets } from '../../src/graph/redact-secrets.js';
import { folded, readText } from '../../src/phrases/folded-text.js';
import { handoverIdsIn } from '../../src/vcc-live/find-handover-ids.js';
import { parseVccLiveEvent } from '../../src/vcc-live/parse-event.js';
import { talkToAgentExpressions } from '../../src/phrases/talk-to-agent-phrases.js';
import { talkToBotExpressions } from '../../src/phrases/talk-to-bot-phrases.js';
import { hearsRequest } from '../phrases/hears-request.js';
import { checkExpression } from './check-expression.js';

const ROOT = join(__dirname, '..', '..');
const LANGUAGES: readonly PhraseLanguage[] = ['en', 'hu', 'de', 'es', 'fr', 'it', 'nl', 'pl', 'pt', 'ro', 'sk'];
/** Long for the tool, not for what it looks at. */
const TOOL_MS = 120_000;

/** Files whose expressions are not looked at one by one, and why. */
const EXEMPT: Readonly<Record<string, string>> = {
  'src/handover/redact.ts':
    'bounded repetitions, which the tool takes for long ones; the long texts below go through it',
  'src/simulator/stage/page-file.ts': 'reads a file of the package, no text of anybody',
};
/** Files that build expressions out of parts; the tests below have them. */
const BUILT = [
  'src/phrases/talk-to-agent-phrases.ts',
  'src/phrases/talk-to-bot-phrases.ts',
  'src/phrases/match-words.ts', // a copy of the application's own
  'src/handover/redact.ts',
  'src/thread/failure-reason.ts', // of literals of the file
];

describe('the expressions of the package', () => {
  const { literals, builders } = expressionsIn(['src', 'samples']);

  it('are all known to this test', () => {
    expect(literals.length).to.be.greaterThan(50);
    expect(BUILT).to.include.members([...new Set(builders)]);
  });

  for (const { file, expression } of literals.filter(
    ({ file, expression }) => !(file in EXEMPT) && repeats(expression),
  )) {
    it(`take linear time: ${String(expression)} of ${file}`, async () => {
      expect(await checkExpression(expression)).to.equal('safe');
    }).timeout(TOOL_MS);
  }

  for (const [index, expression] of talkToAgentExpressions(LANGUAGES).entries()) {
    it(`take linear time: requests for an agent in ${LANGUAGES[index]}`, async () => {
      expect(await checkExpression(expression)).to.equal('safe');
    }).timeout(TOOL_MS);
  }

  for (const [index, { bare, whole }] of talkToBotExpressions(LANGUAGES).entries()) {
    it(`take linear time: requests for the bot in ${LANGUAGES[index]}`, async () => {
      expect([await checkExpression(bare), await checkExpression(whole)]).to.deep.equal(['safe', 'safe']);
    }).timeout(TOOL_MS);
  }

  it('would be found out: the tool knows the expression that was the default once, and one that explodes', async () => {
    expect(await checkExpression(/^\s*(?:please\s+)?(?:talk)\s+(?:an?\s+)?agent(?:\s+please)?\s*[.!?]*\s*$/i)).to.equal(
      'vulnerable',
    );
    expect(await checkExpression(/^(?:(?:now|just|just now) )*agent$/)).to.equal('vulnerable');
  }).timeout(TOOL_MS);
});

describe('a text of 200,000 characters', () => {
  const LENGTH = 200_000;
  /** A text as long as this takes quadratic expressions minutes, and everything else far less, on a busy machine too. */
  const SOON_MS = 5000;
  const kinds: Readonly<Record<string, string>> = {
    blanks: ' ',
    'blanks that do not break': '\u00a0',
    newlines: '\n',
    letters: 'a',
    'letters with accents': 'é',
    digits: '1',
    'digits in groups': '1234 ',
    quotes: '"',
    'curly quotes': '“’',
    'characters of no width': '\u200b',
    'soft hyphens': '\u00ad',
    emoji: '🙏🏽',
    'parts of addresses': 'a.',
    'at signs': 'a@a.',
    dashes: '-',
    brackets: '(',
    'a polite word': 'please ',
    'a word of a request': 'human ',
    'a name of a secret': 'access_token=',
    'characters that grow': 'ﷺ',
  };
  const phrases = [...talkToAgentPhrases(LANGUAGES)];
  const botPhrases = talkToBotPhrases(LANGUAGES);
  const own = [/^talk to agent$/i, /^\s*agent\s*$/, 'Agent', '🙋'];

  for (const [kind, unit] of Object.entries(kinds)) {
    it(`of ${kind} is read at once, behind a request and before one letter`, async () => {
      const text = `talk to agent${unit.repeat(Math.ceil(LENGTH / unit.length))}x`;
      const begun = performance.now();
      expect(await hearsRequest([...phrases, ...own], text)).to.equal(false);
      expect(botPhrases.some((isSaidIn) => isSaidIn(text))).to.equal(false);
      readText(text);
      folded(text);
      redactPersonalData(text);
      redactSecrets(text, []);
      const event = parseVccLiveEvent({ chatId: 1, disposition: text, clientData: { words: text } });
      if (event) handoverIdsIn(event);
      expect(performance.now() - begun).to.be.below(SOON_MS);
    });
  }
});

interface Found {
  readonly literals: readonly { readonly file: string; readonly expression: RegExp }[];
  /** Files that call `new RegExp`. */
  readonly builders: readonly string[];
}

function expressionsIn(folders: readonly string[]): Found {
  const literals: { file: string; expression: RegExp }[] = [];
  const builders: string[] = [];
  for (const folder of folders) {
    for (const path of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(path)) continue;
      const full = join(ROOT, folder, path);
      const file = relative(ROOT, full).replaceAll('\\', '/');
      const look = (node: ts.Node): void => {
        if (ts.isRegularExpressionLiteral(node)) literals.push({ file, expression: expressionOf(node.text) });
        if (ts.isNewExpression(node) && node.expression.getText() === 'RegExp') builders.push(file);
        ts.forEachChild(node, look);
      };
      look(ts.createSourceFile(full, readFileSync(full, 'utf8'), ts.ScriptTarget.Latest, true));
    }
  }
  return { literals, builders };
}

function expressionOf(literal: string): RegExp {
  const end = literal.lastIndexOf('/');
  return new RegExp(literal.slice(1, end), literal.slice(end + 1));
}

/** Without a repetition that has no end, nothing grows. */
function repeats({ source }: RegExp): boolean {
  return /[*+]|\{\d+,\}/.test(source);
}
