/** Reads amounts of money that people wrote. What can be read in two ways is not read. */

const CODE = /(?:^|[^A-Za-z])([A-Z]{3})(?![A-Za-z])/;
/** Signs of one currency only. A dollar may be of many countries, and so may a pound or a crown. */
const SIGNS: Readonly<Record<string, string>> = {
  '€': 'EUR',
  '₹': 'INR',
  '₺': 'TRY',
  '₴': 'UAH',
  '₪': 'ILS',
  '₫': 'VND',
};
/** Groups of three digits with one and the same mark between them, then perhaps another mark and decimals. */
const GROUPED = /^-?\d{1,3}(?:([.,' \u00a0\u202f])\d{3})(?:\1\d{3})*(?:(?!\1)[.,](\d{1,2}))?$/;
const PLAIN = /^-?\d+(?:[.,]\d{1,2})?$/;

/** `1,234.50` and `1.234,50 €` → 1234.5; `undefined` for `1.234`, which may be either. */
export function readAmount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const digits = text
    .replace(/\p{Sc}/gu, '')
    .replace(/[A-Za-z]{1,3}\.?(?=\s|\d|-|$)/g, '')
    .trim();
  if (PLAIN.test(digits)) return finite(digits.replace(',', '.'));
  const grouped = GROUPED.exec(digits);
  if (grouped === null) return undefined;
  const [, mark = '', decimals] = grouped;
  const isAmbiguous = decimals === undefined && (mark === '.' || mark === ',') && digits.split(mark).length === 2;
  if (isAmbiguous) return undefined;
  const whole = decimals === undefined ? digits : digits.slice(0, -decimals.length - 1);
  return finite(`${whole.replace(/[^\d-]/g, '')}.${decimals ?? '0'}`);
}

/** JSON has no number for what is too large for one. */
function finite(digits: string): number | undefined {
  const amount = Number(digits);
  return Number.isFinite(amount) ? amount : undefined;
}

/** The ISO code that the first of these texts names by code or by a sign of one currency only. */
export function currencyOf(texts: readonly (string | undefined)[]): string | undefined {
  for (const text of texts) {
    if (text === undefined) continue;
    const code = CODE.exec(text)?.[1];
    if (code !== undefined) return code;
    const sign = /\p{Sc}/u.exec(text)?.[0];
    if (sign !== undefined && SIGNS[sign] !== undefined) return SIGNS[sign];
  }
  return undefined;
}
