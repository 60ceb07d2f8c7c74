/**
 * Markdown for ESLint, as far as a rule about words needs it: the whole page is one node of the type `Markdown`.
 *
 * A parser would be a dependency. The interface is ESLint's: https://eslint.org/docs/latest/extend/languages
 */
const VISIT = 1;
const ENTER = 1;

class MarkdownPage {
  constructor(text, ast) {
    this.text = text;
    this.ast = ast;
    this.lines = text.split(/\r?\n/);
  }

  getText(node) {
    return node ? this.text.slice(...node.range) : this.text;
  }

  getLoc({ range }) {
    return { start: this.getLocFromIndex(range[0]), end: this.getLocFromIndex(range[1]) };
  }

  getRange({ range }) {
    return range;
  }

  /** Line and column of a character. Both begin at 1. */
  getLocFromIndex(index) {
    const before = this.text.slice(0, index).split('\n');
    return { line: before.length, column: before.at(-1).length + 1 };
  }

  traverse() {
    return [{ kind: VISIT, phase: ENTER, target: this.ast, args: [this.ast, null] }];
  }
}

export const markdown = {
  fileType: 'text',
  lineStart: 1,
  columnStart: 1,
  nodeTypeKey: 'type',
  visitorKeys: { Markdown: [] },
  validateLanguageOptions() {},
  parse: ({ body }) => ({ ok: true, ast: { type: 'Markdown', text: body, range: [0, body.length] } }),
  createSourceCode: ({ body }, { ast }) => new MarkdownPage(body, ast),
};
