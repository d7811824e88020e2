import type { Container, Pod, ResourceQuota as Quota } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { ResourceId } from '../../shared/api/scheme.ts';
import { forbidden } from '../../shared/machinery/api-error.ts';
import { addQuantities, compareQuantities } from '../../shared/machinery/quantity.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import { own } from '../schema/record.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';
import { addAll, podInScope, type Usage, usageOf } from './quota-usage.ts';

/** Resources that every container must ask for where a quota limits them. */
const MUST_SPECIFY = new Set(['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']);

/** Refuses what would take a namespace over one of its quotas. The usage is counted from the objects. Source: apiserver plugin/resourcequota. */
export class ResourceQuota implements AdmissionPlugin {
  readonly name = 'ResourceQuota';
  /** Let in but not yet stored, by namespace: they count too, or writes at the same moment would together exceed a quota. */
  readonly #underWay = new Map<string, Set<AdmissionRequest>>();

  validate(request: AdmissionRequest, reader: ObjectReader): void {
    const { info, operation, subresource, namespace, name, object } = request;
    if (operation !== 'CREATE' || subresource !== '' || namespace === '' || object === undefined) return;
    const quotas = reader.list('resourcequotas', namespace) as unknown as readonly DeepReadonly<Quota>[];
    if (quotas.length === 0) return;
    const requested = usageOf(info, object);
    for (const quota of quotas) {
      const hard: Readonly<Usage> = quota.spec.hard ?? {};
      if (!covers(quota, request)) continue;
      if (info.id === 'pods') requireSpecified(quota, request);
      const names = Object.keys(hard).filter((resource) => own(requested, resource) !== undefined);
      if (names.length === 0) continue;
      const used = usedBy(quota, request, [...reader.list(info.id as ResourceId, namespace), ...this.#unseen(request, reader)]);
      const exceeded = names.filter(
        (resource) =>
          compareQuantities(addQuantities(own(used, resource) ?? '0', own(requested, resource) ?? '0'), own(hard, resource) ?? '0') > 0,
      );
      if (exceeded.length === 0) continue;
      const list = (amounts: Readonly<Usage>): string =>
        exceeded
          .sort()
          .map((resource) => `${resource}=${own(amounts, resource) ?? '0'}`)
          .join(',');
      throw forbidden(
        info,
        name,
        `exceeded quota: ${quota.metadata.name}, requested: ${list(requested)}, used: ${list(used)}, limited: ${list(hard)}`,
      );
    }
    this.#hold(request);
  }

  #hold(request: AdmissionRequest): void {
    const { namespace } = request;
    const held = this.#underWay.get(namespace) ?? new Set();
    this.#underWay.set(namespace, held.add(request));
    request.afterwards.push(() => {
      held.delete(request);
      if (held.size === 0 && this.#underWay.get(namespace) === held) this.#underWay.delete(namespace);
    });
  }

  #unseen({ info, namespace }: AdmissionRequest, reader: ObjectReader): UntypedObject[] {
    return [...(this.#underWay.get(namespace) ?? [])]
      .filter((other) => other.info === info && reader.get(info.id as ResourceId, namespace, other.name) === undefined)
      .flatMap(({ object }) => object ?? []);
  }
}

/** Quotas with scopes are for pods alone. */
function covers(quota: DeepReadonly<Quota>, { info, object }: AdmissionRequest): boolean {
  const scopes = scopesOf(quota);
  if (scopes.length === 0) return true;
  return info.id === 'pods' && scopes.every((scope) => podInScope(object as unknown as Pod, scope));
}

function scopesOf({ spec }: DeepReadonly<Quota>): readonly string[] {
  return [...(spec.scopes ?? []), ...(spec.scopeSelector?.matchExpressions ?? []).map(({ scopeName }) => scopeName)];
}

function usedBy(quota: DeepReadonly<Quota>, { info }: AdmissionRequest, objects: readonly DeepReadonly<UntypedObject>[]): Usage {
  const used: Usage = {};
  const scopes = scopesOf(quota);
  for (const other of objects) {
    if (scopes.every((scope) => podInScope(other as unknown as DeepReadonly<Pod>, scope))) addAll(used, usageOf(info, other));
  }
  return used;
}

/** A container that does not say what it takes cannot be counted. */
function requireSpecified(quota: DeepReadonly<Quota>, { info, name, object }: AdmissionRequest): void {
  const { spec } = object as unknown as Pod;
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const missing = Object.keys(quota.spec.hard ?? {})
    .filter((resource) => MUST_SPECIFY.has(resource))
    .sort()
    .flatMap((resource) => {
      const without = containers.filter((container) => amount(container, resource) === undefined).map((container) => container.name);
      return without.length === 0 ? [] : [`${resource} for: ${without.sort().join(',')}`];
    });
  if (missing.length > 0) throw forbidden(info, name, `failed quota: ${quota.metadata.name}: must specify ${missing.join('; ')}`);
}

function amount({ resources }: Container, resource: string): string | undefined {
  return resource.startsWith('limits.') ? resources.limits?.[resource.slice(7)] : resources.requests?.[resource.replace('requests.', '')];
}
