import { isDeepStrictEqual } from 'node:util';
import type { PodTemplateSpec } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';

/** Label that tells the pods of one template from those of another. */
export const TEMPLATE_HASH_LABEL = 'pod-template-hash';
/** Letters and digits that cannot form words. Source: apimachinery rand.SafeEncodeString. */
const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** A short name for a template, the same in every process; another `collisionCount` gives another name. */
export function templateHash(template: DeepReadonly<PodTemplateSpec>, collisionCount: number | undefined): string {
  const text = canonical(template) + (collisionCount === undefined ? '' : `#${collisionCount}`);
  let hash = 0x811c9dc5; // FNV-1a, 32 bits
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return [...String(hash)].map((digit) => ALPHABET[digit.charCodeAt(0) % ALPHABET.length]).join('');
}

/** Whether two templates would make the same pods: all but the hash label is equal. */
export function equalIgnoringHash(a: DeepReadonly<PodTemplateSpec>, b: DeepReadonly<PodTemplateSpec>): boolean {
  return isDeepStrictEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: DeepReadonly<PodTemplateSpec>): unknown {
  const { labels, annotations, creationTimestamp: _, ...metadata } = template.metadata ?? {};
  const { [TEMPLATE_HASH_LABEL]: _hash, ...others } = labels ?? {};
  return { spec: template.spec, metadata: { ...metadata, labels: others, annotations: annotations ?? {} } };
}

/** JSON with sorted keys and without undefined fields. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
}
