/** Brings what customers type into one form, so that phrases need not list case, accents and punctuation. */

/** Lower case, without accents and apostrophes; anything else that is no letter or digit is one blank. */
export function folded(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('ł', 'l')
    .replace(/['’‘ʼ`´]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
