import type { LimitRange, PersistentVolumeClaim, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { forbidden } from '../../shared/machinery/api-error.ts';
import { addQuantities, compareQuantities, quantityMilli } from '../../shared/machinery/quantity.ts';
import type { ObjectReader } from '../registry/object-reader.ts';
import { own } from '../schema/record.ts';
import type { AdmissionPlugin, AdmissionRequest } from './chain.ts';

type Item = DeepReadonly<NonNullable<LimitRange['spec']['limits']>[number]>;
type Quantities = Readonly<Record<string, string>>;
interface Resources {
  requests: Quantities;
  limits: Quantities;
}
const ANNOTATION = 'kubernetes.io/limit-ranger';

/** Gives containers the namespace's default resources and refuses what is outside its limits. Source: plugin/pkg/admission/limitranger. */
export class LimitRanger implements AdmissionPlugin {
  readonly name = 'LimitRanger';

  mutate(request: AdmissionRequest, reader: ObjectReader): void {
    if (!applies(request) || request.info.id !== 'pods' || request.operation !== 'CREATE') return;
    for (const item of itemsIn(request.namespace, reader)) {
      if (item.type === 'Container') defaultContainers(request.object as unknown as Pod, item);
    }
  }

  validate(request: AdmissionRequest, reader: ObjectReader): void {
    if (!applies(request) || (request.info.id === 'pods' && request.operation === 'UPDATE')) return;
    const problems = itemsIn(request.namespace, reader).flatMap((item) => check(item, request));
    if (problems.length === 0) return;
    throw forbidden(request.info, request.name, problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`);
  }
}

function applies({ info, operation, subresource, object }: AdmissionRequest): boolean {
  if (subresource !== '' || object === undefined || (operation !== 'CREATE' && operation !== 'UPDATE')) return false;
  return info.id === 'pods' || info.id === 'persistentvolumeclaims';
}

function itemsIn(namespace: string, reader: ObjectReader): Item[] {
  return reader.list('limitranges', namespace).flatMap((range) => (range as unknown as DeepReadonly<LimitRange>).spec.limits ?? []);
}

function defaultContainers(pod: Pod, item: Item): void {
  const notes: string[] = [];
  for (const [list, kind] of [
    ['containers', 'container'],
    ['initContainers', 'init container'],
  ] as const) {
    for (const container of pod.spec[list] ?? []) {
      const requests = missing(container.resources.requests, { ...item.defaultRequest });
      const limits = missing(container.resources.limits, { ...item.default });
      if (Object.keys(requests).length > 0) container.resources.requests = { ...container.resources.requests, ...requests };
      if (Object.keys(limits).length > 0) container.resources.limits = { ...container.resources.limits, ...limits };
      for (const [what, added] of [
        ['request', requests],
        ['limit', limits],
      ] as const) {
        const names = Object.keys(added).sort();
        if (names.length > 0) notes.push(`${names.join(', ')} ${what} for ${kind} ${container.name}`);
      }
    }
  }
  if (notes.length === 0) return;
  pod.metadata.annotations = { ...pod.metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}` };
}

function missing(given: Quantities | undefined, defaults: Quantities): Record<string, string> {
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => own(given, name) === undefined));
}

function check(item: Item, { info, object }: AdmissionRequest): string[] {
  if (info.id === 'persistentvolumeclaims') {
    if (item.type !== 'PersistentVolumeClaim') return [];
    const { resources } = (object as unknown as PersistentVolumeClaim).spec;
    const requests = resources.requests ?? {};
    return [...bounds('minimum', item.min, requests), ...bounds('maximum', item.max, requests)].map((text) =>
      text.replace('%t', item.type).replace('%w', 'request'),
    );
  }
  const { spec } = object as unknown as Pod;
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => filled(resources));
  if (item.type === 'Container') return containers.flatMap((resources) => checkResources(item, resources));
  return item.type === 'Pod' ? checkResources(item, podTotal(spec)) : [];
}

function filled({ requests = {}, limits = {} }: { requests?: Quantities | undefined; limits?: Quantities | undefined }): Resources {
  return { requests, limits };
}

function podTotal(spec: Pod['spec']): Resources {
  const total = {
    requests: sum((spec.containers ?? []).map(({ resources }) => resources.requests)),
    limits: sum((spec.containers ?? []).map(({ resources }) => resources.limits)),
  };
  for (const { resources } of spec.initContainers ?? []) {
    for (const kind of ['requests', 'limits'] as const) {
      for (const [name, value] of Object.entries(resources[kind] ?? {})) {
        const so = own(total[kind], name);
        if (so === undefined || compareQuantities(value, so) > 0) total[kind][name] = value;
      }
    }
  }
  return total;
}

function sum(lists: readonly (Quantities | undefined)[]): Record<string, string> {
  const total: Record<string, string> = {};
  for (const list of lists) {
    for (const [name, value] of Object.entries(list ?? {})) {
      const so = own(total, name);
      total[name] = so === undefined ? value : addQuantities(so, value);
    }
  }
  return total;
}

/** At most one complaint a resource and rule, as upstream. */
function checkResources(item: Item, { requests, limits }: Resources): string[] {
  const problems: string[] = [];
  const above = (value: string | undefined, bound: string): boolean => value !== undefined && compareQuantities(value, bound) > 0;
  const below = (value: string | undefined, bound: string): boolean => value !== undefined && compareQuantities(value, bound) < 0;
  for (const [name, minimum] of sorted(item.min)) {
    const [request, limit] = [own(requests, name), own(limits, name)];
    const rule = `minimum ${name} usage per ${item.type} is ${minimum}`;
    if (request === undefined) problems.push(`${rule}.  No request is specified`);
    else if (below(request, minimum)) problems.push(`${rule}, but request is ${request}`);
    else if (below(limit, minimum)) problems.push(`${rule}, but limit is ${limit}`);
  }
  for (const [name, maximum] of sorted(item.max)) {
    const [request, limit] = [own(requests, name), own(limits, name)];
    const rule = `maximum ${name} usage per ${item.type} is ${maximum}`;
    if (limit === undefined) problems.push(`${rule}.  No limit is specified`);
    else if (above(limit, maximum)) problems.push(`${rule}, but limit is ${limit}`);
    else if (above(request, maximum)) problems.push(`${rule}, but request is ${request}`);
  }
  for (const [name, ratio] of sorted(item.maxLimitRequestRatio)) {
    const [request = '0', limit = '0'] = [own(requests, name), own(limits, name)];
    const rule = `${name} max limit to request ratio per ${item.type} is ${ratio}`;
    const actual = quantityMilli(limit) / quantityMilli(request);
    if (quantityMilli(request) === 0) problems.push(`${rule}, but no request is specified or request is 0`);
    else if (quantityMilli(limit) === 0) problems.push(`${rule}, but no limit is specified or limit is 0`);
    else if (actual > quantityMilli(ratio) / 1000) problems.push(`${rule}, but provided ratio is ${actual.toFixed(6)}`);
  }
  return problems;
}

function bounds(which: 'minimum' | 'maximum', limits: Quantities | undefined, requests: Quantities): string[] {
  const problems: string[] = [];
  for (const [name, bound] of sorted(limits)) {
    const request = own(requests, name);
    const rule = `${which} ${name} usage per %t is ${bound}`;
    if (request === undefined) problems.push(`${rule}.  No request is specified`);
    else if (which === 'minimum' ? compareQuantities(request, bound) < 0 : compareQuantities(request, bound) > 0)
      problems.push(`${rule}, but %w is ${request}`);
  }
  return problems;
}

function sorted(list: Quantities | undefined): [string, string][] {
  return Object.entries(list ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}
