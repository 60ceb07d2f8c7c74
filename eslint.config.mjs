import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { markdown } from './scripts/language/markdown.mjs';
import { noBannedWords } from './scripts/language/no-banned-words.mjs';

const CODE = ['**/*.{ts,tsx,mjs,cjs,js}'];
const PAGES = ['docs/*.md', 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'];
/** What customers write, in eleven languages. */
const WORDS_OF_CUSTOMERS = ['src/phrases/talk-to-{agent,bot}-phrases.ts'];

const words = { languages: { markdown }, rules: { 'no-banned-words': noBannedWords } };

export default tseslint.config(
  { ignores: ['dist/', '.bench/', '.matrix/', 'coverage/', 'results/', 'site/', 'node_modules/', 'test/fixtures/'] },
  {
    files: CODE,
    extends: [js.configs.recommended, ...tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "ThrowStatement > NewExpression[callee.name='Error']",
          message: 'Throw one of the classes of thread/errors.ts: an error has a code, fields and a cause.',
        },
      ],
    },
  },
  {
    files: ['test/**', 'samples/**', 'bench/**', 'eslint.config.mjs'],
    rules: {
      'no-restricted-syntax': 'off',
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
    },
  },
  {
    files: ['{src,samples,bench,docs,scripts}/**/*.{ts,tsx,mjs}', ...PAGES],
    ignores: ['scripts/language/**', ...WORDS_OF_CUSTOMERS],
    plugins: { words },
    rules: { 'words/no-banned-words': 'error' },
  },
  {
    files: [
      'src/{activities,agents,availability,bot,botbuilder,handover,messenger,phrases,queue,store,thread,vcc-live,webhook}/**/*.ts',
    ],
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': ['error', { max: 60 }],
      '@typescript-eslint/max-params': ['error', { max: 4 }],
    },
  },
  { files: ['src/cli/**/*.ts'], rules: { 'max-lines': ['error', { max: 300 }] } },
  { files: PAGES, plugins: { words }, language: 'words/markdown' },
  { files: ['**/*.mjs', '**/*.cjs'], ...tseslint.configs.disableTypeChecked },
  {
    // Run by Node as they are; nothing of src/ is there to import.
    files: ['scripts/**'],
    languageOptions: { globals: { Buffer: 'readonly', console: 'readonly', process: 'readonly' } },
    rules: { 'no-restricted-syntax': 'off' },
  },
);
