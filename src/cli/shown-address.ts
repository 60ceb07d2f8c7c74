/** An address without what may be secret in it: its query, and a user's name and password. */
export function shownAddress(url: string): string {
  if (!URL.canParse(url)) return '(no address)';
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}
