/** The columns of a drawing: from changes of owner to spans, and where two columns contradict each other. Pure. */
import { sideOf, type TimelineOwner } from './thread-timeline.js';

/** One owner, from one height to another. */
export interface OwnerSpan {
  readonly owner: TimelineOwner;
  readonly fromY: number;
  readonly toY: number;
}

/** A change of owner, at a height. */
export interface OwnerChange {
  readonly owner: TimelineOwner;
  readonly y: number;
}

/** The spans of a column. A change to the same owner begins no new one. */
export function spansOf(
  first: TimelineOwner,
  changes: readonly OwnerChange[],
  top: number,
  bottom: number,
): OwnerSpan[] {
  const spans: OwnerSpan[] = [];
  let [owner, fromY] = [first, top];
  for (const change of changes) {
    if (change.owner === owner) continue;
    spans.push({ owner, fromY, toY: change.y });
    [owner, fromY] = [change.owner, change.y];
  }
  return [...spans, { owner, fromY, toY: bottom }];
}

/** Where the second column is on another side than the first: the bot is wrong about who may speak. */
export function disagreements(
  truth: readonly OwnerSpan[],
  belief: readonly OwnerSpan[],
): { readonly fromY: number; readonly toY: number }[] {
  const found: { fromY: number; toY: number }[] = [];
  for (const real of truth) {
    for (const believed of belief) {
      const [fromY, toY] = [Math.max(real.fromY, believed.fromY), Math.min(real.toY, believed.toY)];
      if (fromY >= toY || sideOf(real.owner) === sideOf(believed.owner)) continue;
      const last = found.at(-1);
      if (last !== undefined && last.toY === fromY) last.toY = toY;
      else found.push({ fromY, toY });
    }
  }
  return found;
}
