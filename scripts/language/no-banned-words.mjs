/**
 * ESLint rule: no banned word in a comment, a string, a template, a text of JSX, or the prose of a Markdown page.
 *
 * Text between backticks in comments and pages is code, so the rule does not read it there. The rule's option is a list
 * like {@link BANNED_WORDS}; without the option, it is that list.
 */
import { BANNED_WORDS } from './banned-words.mjs';

const CODE = /```[\s\S]*?```|`[^`\n]*`/g;
/** White space, across the line breaks of a comment. */
const GAP = '(?:\\s+|\\s*\\n\\s*(?:\\*|//)?\\s*)';

export const noBannedWords = {
  meta: {
    type: 'suggestion',
    docs: { description: "Disallow the project's private words" },
    languages: ['js/js', 'words/markdown'],
    schema: [
      {
        type: 'array',
        items: {
          type: 'object',
          properties: {
            pattern: { type: 'string' },
            say: { type: 'string' },
            allow: { type: 'array', items: { type: 'string' } },
          },
          required: ['pattern', 'say'],
          additionalProperties: false,
        },
      },
    ],
    messages: { banned: '"{{word}}" is a private word of this project. Say {{say}}.' },
  },

  create(context) {
    const { sourceCode } = context;
    const bans = (context.options[0] ?? BANNED_WORDS).map(({ pattern, say, allow = [] }) => ({
      find: wordsOf(pattern),
      say,
      allowed: allow.map(wordsOf),
    }));

    /** Reports each banned word of a text that begins at `offset`, a number of characters, in the file. */
    function checkText(text, offset) {
      for (const { find, say, allowed } of bans) {
        const words = allowed.reduce(blank, text);
        for (const { 0: word, index } of words.matchAll(find)) {
          const start = sourceCode.getLocFromIndex(offset + index);
          const end = sourceCode.getLocFromIndex(offset + index + word.length);
          const shown = word.replace(/\s+(?:\*|\/\/)?\s*/g, ' ');
          context.report({ loc: { start, end }, messageId: 'banned', data: { word: shown, say } });
        }
      }
    }

    const checkSource = (node) => checkText(sourceCode.getText(node), node.range[0]);
    return {
      Program() {
        for (const [start, end] of runsOfComments(sourceCode)) {
          checkText(blank(sourceCode.text.slice(start, end), CODE), start);
        }
      },
      Literal(node) {
        if (typeof node.value === 'string' && !isModuleName(node)) checkSource(node);
      },
      TemplateElement: checkSource,
      JSXText: checkSource,
      Markdown: (node) => checkText(blank(node.text, CODE), 0),
    };
  },
};

/** The ranges of all comments. Comments with nothing but white space between them are one range. */
function runsOfComments(sourceCode) {
  const runs = [];
  for (const { range } of sourceCode.getAllComments()) {
    const last = runs.at(-1);
    if (last && sourceCode.text.slice(last[1], range[0]).trim() === '') last[1] = range[1];
    else runs.push([...range]);
  }
  return runs;
}

function wordsOf(pattern) {
  return new RegExp(`(?<![\\w-])(?:${pattern.replaceAll(' ', GAP)})(?![\\w-])`, 'gi');
}

/** The text with spaces for all that matches: offsets stay the same. */
function blank(text, matching) {
  return text.replace(matching, (found) => found.replace(/[^\n]/g, ' '));
}

function isModuleName({ parent }) {
  return /^(?:Import|Export)/.test(parent?.type ?? '');
}
