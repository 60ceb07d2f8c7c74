/** A record that lies in Redis or in an SQLite file and that nobody can read: why, and what the log says of it. */
import type { ThreadStoreBot } from '../thread/store.js';

/** What is in a record, or why it cannot be read. @param faultOf absent: any JSON is a body */
export function bodyIn(text: string, faultOf?: ThreadStoreBot['faultOf']): { readonly body: unknown } | string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return 'it is cut off, or no JSON';
  }
  const fault = faultOf?.(body);
  return fault === undefined ? { body } : `it is no record, or of another version: ${fault}`;
}

/** @param label of the thread. @param where the record lies now */
export function setAsideLine(label: string, why: string, where: string): string {
  return (
    `The record of thread ${label} cannot be read (${why}). It is set aside under ${where}, and the thread begins anew from ` +
    'what Meta tells. Look at it: "threads" of the command line lists what was set aside.'
  );
}
