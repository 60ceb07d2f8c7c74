/** A Chromium of this machine, and how to get one. */
import { accessSync, constants } from 'node:fs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

export const HOW_TO_GET_ONE =
  'Browser tests are skipped: no Chromium was found. "apt-get install chromium", or set CHROMIUM_PATH to one.';

/** Its path, or nothing where there is none. @throws where CHROMIUM_PATH names none: a typing error must not skip tests */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_PATH'];
  if (named) {
    if (!canRun(named)) throw new Error(`CHROMIUM_PATH is "${named}", which is no program.`);
    return named;
  }
  return PLACES.find(canRun);
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
