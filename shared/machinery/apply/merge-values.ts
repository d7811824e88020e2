import { setOwn } from '../patch/json-value.ts';
import { itemsByElement } from './list-items.ts';
import type { PathElement } from './path-element.ts';
import { ANY, fieldAt, granular, isHollow, isRecord, type JsonRecord, type ListShape, type RecordShape, type Shape } from './shape.ts';

/**
 * The live value with an applied configuration laid over it. The result shares parts with both and must not be changed.
 * Source: structured-merge-diff typed/merge.go.
 */
export function mergeValues(shape: Shape, live: unknown, applied: unknown): unknown {
  if (applied === undefined) return live;
  const parts = granular(shape, applied) ?? granular(shape, live);
  if (live === undefined || parts === undefined || (isHollow(live) && isHollow(applied))) return applied;
  if (parts.kind === 'record') {
    if (!isRecord(live)) return applied;
    return applied === null ? live : isRecord(applied) ? mergeRecords(parts, live, applied) : applied;
  }
  if (!Array.isArray(live)) return applied;
  return applied === null ? live : Array.isArray(applied) ? mergeLists(parts, live, applied) : applied;
}

function mergeRecords(shape: RecordShape, live: JsonRecord, applied: JsonRecord): JsonRecord {
  const merged: Record<string, unknown> = { ...live };
  for (const key of Object.keys(applied)) {
    setOwn(merged, key, mergeValues(fieldAt(shape, key)?.shape ?? ANY, Object.hasOwn(live, key) ? live[key] : undefined, applied[key]));
  }
  return merged;
}

/** The applied order rules; items of others keep their place between those that both have. */
function mergeLists(shape: ListShape, live: readonly unknown[], applied: readonly unknown[]): unknown[] {
  const [theirs, ours] = [itemsByElement(shape, live), itemsByElement(shape, applied)];
  const order = { live: [...theirs.keys()], applied: [...ours.keys()] };
  const merged: unknown[] = [];
  const take = (element: PathElement): void => {
    const [was, wanted] = [theirs.get(element), ours.get(element)];
    if (wanted === undefined) merged.push(...(was ?? []));
    else merged.push(mergeValues(shape.item, was?.length === 1 ? was[0] : undefined, wanted[0]));
  };
  for (const element of interleave(order, theirs, ours)) take(element);
  return merged;
}

/** Each element once. A live item that is applied too waits for its turn in the applied order. */
function interleave(
  order: { live: readonly PathElement[]; applied: readonly PathElement[] },
  theirs: ReadonlyMap<PathElement, unknown>,
  ours: ReadonlyMap<PathElement, unknown>,
): PathElement[] {
  const shared = order.applied.filter((element) => theirs.has(element));
  const done = new Set<PathElement>();
  const result: PathElement[] = [];
  const takeApplied = (element: PathElement): void => {
    result.push(element);
    done.add(element);
    if (shared[0] === element) shared.shift();
  };
  let [l, a] = [0, 0];
  while (l < order.live.length || a < order.applied.length) {
    const [live, applied] = [order.live[l], order.applied[a]];
    if (live !== undefined && applied !== undefined) {
      if (live === applied) {
        takeApplied(applied);
        l++;
        a++;
        continue;
      }
      if (ours.has(live) && shared[0] !== undefined && shared[0] !== live) {
        l++; // it comes later in the applied order
        continue;
      }
    }
    if (live !== undefined && !ours.has(live)) {
      result.push(live);
      l++;
      continue;
    }
    if (live !== undefined && done.has(live)) l++;
    if (applied !== undefined) {
      takeApplied(applied);
      a++;
    }
  }
  return result;
}
