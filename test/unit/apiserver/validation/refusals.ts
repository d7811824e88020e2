import { createServiceAllocators } from '../../../../apiserver/registry/service-allocators.ts';
import { strategyFor } from '../../../../apiserver/registry/strategies/strategies.ts';
import { validateObjectMeta } from '../../../../apiserver/registry/validate-object-meta.ts';
import { applyDefaults } from '../../../../apiserver/schema/apply-defaults.ts';
import { decodeObject } from '../../../../apiserver/schema/decode.ts';
import type { UntypedObject } from '../../../../shared/api/meta.ts';
import { type ResourceId, resourceInfo } from '../../../../shared/api/scheme.ts';

const CONTEXT = { now: 0, namespace: 'demo', user: { name: 'alice', groups: ['dev'] } };

/** A new object as the registry would check it: decoded, defaulted, prepared. */
export function prepared(id: ResourceId, body: object): UntypedObject {
  const info = resourceInfo(id);
  const { object } = decodeObject(info.type, { metadata: { name: 'a', uid: 'u1' }, ...structuredClone(body) });
  if (info.namespaced) object.metadata.namespace ??= 'demo';
  applyDefaults(info, object);
  if (id === 'services') {
    createServiceAllocators({ cidr: '10.0.0.0/24', nodePortRange: { from: 30_000, to: 32_767 }, random: () => 0 }).onCreate(object);
  }
  strategyFor(info).prepareForCreate?.(object, CONTEXT);
  return object;
}

/** What is wrong with a new object, each as `field: message`. */
export function refusals(id: ResourceId, body: object): string[] {
  const info = resourceInfo(id);
  const { validate, validateName } = strategyFor(info);
  const object = prepared(id, body);
  const errors = [...validateObjectMeta(object, { namespaced: info.namespaced, validateName }), ...(validate?.(object, CONTEXT) ?? [])];
  return errors.map(({ field, message }) => `${field}: ${message}`);
}

/** What is wrong with changing `before` into `after`. */
export function updateRefusals(id: ResourceId, before: object, after: object): string[] {
  const { prepareForUpdate, validateUpdate } = strategyFor(resourceInfo(id));
  const [old, object] = [prepared(id, before), prepared(id, after)];
  prepareForUpdate?.(object, old, CONTEXT);
  return (validateUpdate?.(object, old, CONTEXT) ?? []).map(({ field, message }) => `${field}: ${message}`);
}
