/** Answers `GET /stage/timeline/<Page>/<PSID>.svg?width=480`: what happened in a thread, drawn. */
import { timelineSvg } from '../timeline/draw-timeline.js';
import type { TimelineRecorder } from '../timeline/record-timelines.js';
import { refused, type Reply } from './reply.js';
import type { ThreadBoard } from './thread-board.js';

/** Where the drawings are. */
export const DRAWINGS = '/stage/timeline/';
const ADDRESS = /^\/stage\/timeline\/(\d{1,40})\/(\d{1,40})\.svg(?:\?width=(\d{1,5}))?$/;
/** A drawing that is opened by itself runs nothing and loads nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

/** The drawing, or a refusal if nobody knows the customer. */
export function drawnThread(url: string, timelines: TimelineRecorder, board: ThreadBoard): Reply {
  const [, pageId = '', psid = '', width] = ADDRESS.exec(url) ?? [];
  const name = board.nameOf({ pageId, psid });
  if (name === undefined) return refused(404, `The stage knows no thread at ${url}.`);
  const timeline = timelines.timelineOf({ pageId, psid }, name);
  return {
    status: 200,
    body: timelineSvg(timeline, width === undefined ? {} : { width: Number(width) }),
    headers: { 'Content-Type': 'image/svg+xml; charset=utf-8', 'Content-Security-Policy': POLICY },
  };
}
