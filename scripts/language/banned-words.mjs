/**
 * The private words of this project's past, and the field's words that replace them.
 *
 * `pattern` is matched without regard to case, between word boundaries; a space in it stands for any white space.
 * `say` ends the sentence "Say …". `allow` lists ordinary uses that contain the words.
 */
export const BANNED_WORDS = [
  { pattern: 'under way', say: '"in progress", "running" or "not answered yet"' },
  { pattern: 'work(?:s|ed|ing)? off', say: '"run", "process" or "handle"' },
  { pattern: '(?:comes?|came|coming) again', say: '"is redelivered", "is retried" or "is repeated"' },
  { pattern: '(?:is|are|was|were|be|been|being) told', say: 'who reports it: "X emits …", "X logs …", "X sends …"' },
  { pattern: 'at hand', say: '"in memory", "available" or "synchronous"' },
  { pattern: '(?:stands?|stood|standing) on', say: '"depends on" or "is in"' },
  { pattern: 'papers?', say: '"documentation" or "page"' },
  { pattern: 'desks?', say: '"queue", or "agent desktop" for the screen of an agent', allow: ['help desk'] },
  { pattern: 'news', say: '"event" or "events"' },
  { pattern: 'lanes?', say: '"queue"' },
  { pattern: 'doors?', say: '"entry point", "guard" or "export"' },
  { pattern: 'holders?', say: '"process" or "owner"' },
  { pattern: 'hopeless', say: '"permanent"' },
  { pattern: 'left[ -]behind', say: '"still open" or "not closed"' },
  { pattern: 'own places?', say: '"ticket" or "slot in the queue"' },
  { pattern: 'places? in (?:the|its|their|a) (?:\\w+ )?(?:order|queue|line)', say: '"ticket" or "slot in the queue"' },
];
