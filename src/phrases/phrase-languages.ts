/** The languages of ready-made phrases, and the one check of which are wanted. */
import { InvalidOptionError } from '../thread/errors.js';

/**
 * Languages with ready-made phrases. English (`en`), Hungarian (`hu`) and German (`de`) are tested with long tables of
 * sentences that must and must not trigger. The others (`es`, `fr`, `it`, `nl`, `pl`, `pt`, `ro`, `sk`) have short tables
 * and have **not been reviewed by a native speaker**.
 */
export type PhraseLanguage = 'en' | 'hu' | 'de' | 'es' | 'fr' | 'it' | 'nl' | 'pl' | 'pt' | 'ro' | 'sk';

/** What is recognised unless a bot says otherwise. */
export const DEFAULT_LANGUAGES: readonly PhraseLanguage[] = ['en', 'hu', 'de'];

/**
 * The phrases of each language, once.
 * @throws {@link InvalidOptionError} if a language has no phrases
 */
export function phrasesOf<Phrases>(
  byLanguage: Readonly<Record<PhraseLanguage, Phrases>>,
  languages: readonly PhraseLanguage[],
): Phrases[] {
  const expected = `an array of ${Object.keys(byLanguage).join(', ')}`;
  // Applications without types may give anything.
  const given: unknown = languages;
  if (!Array.isArray(given)) throw new InvalidOptionError('languages', `of type ${typeof given}`, expected);
  return [...new Set(languages)].map((language) => {
    if (Object.hasOwn(byLanguage, language)) return byLanguage[language];
    throw new InvalidOptionError('languages', JSON.stringify(language), expected);
  });
}
