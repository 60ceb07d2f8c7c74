/* global localStorage -- runs in the reader's browser */
// Who comes for the first time sees the pages, not closed folders. What is closed stays closed.
for (const group of ['Start', 'Guides', 'Reference', 'Modules', 'Reliability']) {
  const key = `tsd-accordion-${group}`;
  if (localStorage.getItem(key) === null) localStorage.setItem(key, 'true');
}
