/** Checks the values of options. A wrong value gets a message that says what is allowed. */
import { InvalidArgumentError } from 'commander';

const HIGHEST_PORT = 65_535;

/** A port; 0 takes any free one. */
export function port(text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > HIGHEST_PORT) {
    throw new InvalidArgumentError(`It must be a number from 0 to ${HIGHEST_PORT}.`);
  }
  return number;
}

/** A host's name, without port; the option may be given several times. */
export function hostName(text: string, earlier: readonly string[] = []): readonly string[] {
  if (!/^[A-Za-z0-9._-]+$/.test(text)) throw new InvalidArgumentError('It must be a host name, without port.');
  return [...earlier, text];
}

/** A PSID: digits. */
export function psid(text: string): string {
  if (!/^\d{1,30}$/.test(text)) throw new InvalidArgumentError('It must be a page-scoped id: digits, from a webhook.');
  return text;
}

/** A whole http or https address. */
export function address(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol)) return text;
  throw new InvalidArgumentError('It must be a whole address, such as https://bot.example.com/api/messages.');
}

/** A whole number of pixels from `least` to `most`. */
export function pixels(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}
