import type { PodCondition, PodStatus } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

/** Fields that the kubelet owns; all others stay as they are. */
const OWNED = [
  'observedGeneration',
  'phase',
  'message',
  'reason',
  'hostIP',
  'hostIPs',
  'podIP',
  'podIPs',
  'startTime',
  'initContainerStatuses',
  'containerStatuses',
  'qosClass',
  'ephemeralContainerStatuses',
] as const;
const OWNED_CONDITIONS = new Set(['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']);
/** Lists that a strategic merge would join by key instead of replacing. */
const MERGED_LISTS = new Set(['podIPs', 'hostIPs']);

/** The strategic merge patch of `status` that turns `old` into `wanted`; undefined when they say the same. Pure. */
export function statusPatch(old: DeepReadonly<PodStatus>, wanted: PodStatus): Record<string, unknown> | undefined {
  const patch: Record<string, unknown> = {};
  for (const field of OWNED) {
    const [before, after] = [old[field], wanted[field]];
    if (sameJson(before, after)) continue;
    const lists = MERGED_LISTS.has(field) && Array.isArray(after) && before !== undefined;
    patch[field] = after === undefined ? null : lists ? [...after, { $patch: 'replace' }] : after;
  }
  const conditions = (wanted.conditions ?? []).filter(
    (condition) =>
      OWNED_CONDITIONS.has(condition.type) &&
      !sameCondition(
        condition,
        old.conditions?.find(({ type }) => type === condition.type),
      ),
  );
  if (conditions.length > 0) patch.conditions = conditions.map((condition) => conditionPatch(condition, old));
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function sameCondition(a: PodCondition, b: DeepReadonly<PodCondition> | undefined): boolean {
  return b !== undefined && sameJson(a, b);
}

/** A merge keeps what the patch does not name, so a reason that is gone has to be named as null. */
function conditionPatch(condition: PodCondition, old: DeepReadonly<PodStatus>): Record<string, unknown> {
  const before = old.conditions?.find(({ type }) => type === condition.type);
  const { lastProbeTime: _never, ...rest } = condition;
  const patch: Record<string, unknown> = { ...rest };
  for (const field of ['reason', 'message'] as const)
    if (before?.[field] !== undefined && condition[field] === undefined) patch[field] = null;
  return patch;
}

/** Whether two values are the same to the server: what is undefined or null is not there. */
function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (a === undefined || a === null || b === undefined || b === null) return (a ?? null) === (b ?? null);
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) || Array.isArray(b))
    return Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]));
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of Object.keys(left)) if (!sameJson(left[key], right[key])) return false;
  for (const key of Object.keys(right)) if (!(key in left) && (right[key] ?? null) !== null) return false;
  return true;
}
