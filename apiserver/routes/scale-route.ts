import type { LabelSelector, UntypedObject } from '../../shared/api/meta.ts';
import { groupVersion, type ResourceInfo } from '../../shared/api/scheme.ts';
import { badRequest, invalid, methodNotAllowed, pathNotFound } from '../../shared/machinery/api-error.ts';
import { goKindOf } from '../../shared/machinery/apply/field-manager.ts';
import { formatSelector, selectorFromLabels, selectorOf } from '../../shared/machinery/label-selector.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import type { RequestContext } from '../registry/request-context.ts';
import type { Strategy } from '../registry/strategy.ts';
import { adopt, checkUid, checkVersion } from '../registry/update-rules.ts';
import { isForced, readConfig } from './apply-body.ts';
import { bodyOf, type Call, contextOf, isApply } from './call.ts';
import { readPatch } from './patch-body.ts';
import { decodeBody } from './request-body.ts';
import { sendObject } from './send-object.ts';
import type { SpecialDeps } from './special-routes.ts';

/** `autoscaling/v1 Scale` as a row of data; it is only ever a view of something else. */
const SCALE: ResourceInfo = {
  id: 'scales', group: 'autoscaling', version: 'v1', kind: 'Scale', plural: 'scales', singular: 'scale', namespaced: true, shortNames: [],
  categories: [], listKind: '', verbs: ['get', 'patch', 'update'], subresources: {}, type: 'io.k8s.api.autoscaling.v1.Scale',
}; // biome-ignore format: a row

type ScalePaths = NonNullable<Strategy['scale']>;

/** The replica count of a workload, behind one kind for all. */
export async function scaleRoute(call: Call, deps: SpecialDeps, store: ObjectStore | undefined): Promise<unknown> {
  const paths = store?.strategy.scale;
  if (store === undefined || paths === undefined || store.info.namespaced !== (call.info.namespace !== '')) throw pathNotFound();
  const { method } = call.request;
  const now = deps.clock.now();
  if (method === 'GET') {
    await deps.cache.settled();
    return sendScale(call, scaleOf(store.get(call.info).object, paths), { code: 200, now });
  }
  if (method !== 'PUT' && method !== 'PATCH') throw methodNotAllowed();
  const context = contextOf(call);
  if (isApply(call)) return applyScale(call, store, { context, paths, now });
  const wantedScale = method === 'PUT' ? putScale(call, context) : patchScale(call, context);
  const updated = await store.update(
    context,
    call.info,
    (current) => {
      if (current === undefined) return {} as UntypedObject; // not found, says the store
      const wanted = wantedScale(scaleOf(current, paths));
      return withReplicas(store, current, wanted, paths);
    },
    { subresource: 'scale' },
  );
  return sendScale(call, scaleOf(updated.object, paths), { code: 200, now, warnings: context.warnings });
}

/** A configuration of a Scale is one of the scaled object that speaks of the replicas only. Source: managedfields ScaleHandler. */
async function applyScale(
  call: Call,
  store: ObjectStore,
  { context, paths, now }: { context: RequestContext; paths: ScalePaths; now: number },
): Promise<unknown> {
  const { info } = store;
  const { apiVersion, kind, metadata, spec } = readConfig(bodyOf(call), context);
  if (kind !== SCALE.kind || apiVersion !== groupVersion(SCALE)) throw badRequest(`invalid object type: ${goKindOf(apiVersion, kind)}`);
  const { replicas } = (spec ?? {}) as { replicas?: unknown };
  const named = { kind: info.kind, apiVersion: groupVersion(info), metadata };
  const config = (replicas === undefined ? named : setAt(named, pathOf(paths.specReplicas), replicas)) as UntypedObject;
  const updated = await store.update(
    context,
    call.info,
    (live) => {
      if (live === undefined) return {} as UntypedObject; // not found, says the store
      const { object, managedFields } = store.ownership.apply({ context, live, subresource: 'scale', now }, config, isForced(call.query));
      const wanted = withReplicas(store, live, scaleOf(object, paths), paths);
      return { ...wanted, metadata: { ...wanted.metadata, managedFields } };
    },
    { subresource: 'scale', owners: 'given' },
  );
  return sendScale(call, scaleOf(updated.object, paths), { code: 200, now, warnings: context.warnings });
}

function putScale(call: Call, context: RequestContext): (current: UntypedObject) => UntypedObject {
  const wanted = decodeBody(SCALE, bodyOf(call), context);
  adopt(wanted, call.info);
  return () => wanted;
}

function patchScale(call: Call, context: RequestContext): (current: UntypedObject) => UntypedObject {
  const patch = readPatch(SCALE, bodyOf(call));
  return (current) => patch(current, context);
}

function withReplicas(store: ObjectStore, current: UntypedObject, scale: UntypedObject, paths: ScalePaths): UntypedObject {
  const { replicas = 0 } = (scale.spec ?? {}) as { replicas?: number };
  const { name } = current.metadata;
  if (replicas < 0) {
    const message = `Invalid value: ${replicas}: must be greater than or equal to 0`;
    throw invalid(SCALE, name, [{ type: 'FieldValueInvalid', field: 'spec.replicas', message }]);
  }
  const metadata = { ...current.metadata, resourceVersion: scale.metadata?.resourceVersion ?? '' };
  checkVersion(store.info, { metadata }, { revision: Number(current.metadata.resourceVersion), optional: true });
  checkUid(store.info, name, { wanted: scale.metadata?.uid, actual: current.metadata.uid });
  return setAt({ ...current, metadata: { ...current.metadata } }, pathOf(paths.specReplicas), replicas) as UntypedObject;
}

function scaleOf(object: UntypedObject, paths: ScalePaths): UntypedObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = paths.selector === undefined ? undefined : at(object, pathOf(paths.selector));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, ...(namespace !== undefined && { namespace }), uid, resourceVersion, creationTimestamp },
    spec: { ...replicasOf(at(object, pathOf(paths.specReplicas))) },
    status: {
      replicas: Number(at(object, pathOf(paths.statusReplicas)) ?? 0),
      ...(selector !== undefined && { selector: selectorText(selector) }),
    },
  };
}

function replicasOf(value: unknown): { replicas?: number } {
  return typeof value === 'number' && value !== 0 ? { replicas: value } : {};
}

/** A label selector, or as older kinds have it plain labels, or text. */
function selectorText(selector: unknown): string {
  if (typeof selector === 'string') return selector;
  const value = selector as LabelSelector & Record<string, string>;
  const isSelector = value.matchLabels !== undefined || value.matchExpressions !== undefined;
  return formatSelector(isSelector ? selectorOf(value) : selectorFromLabels(value));
}

function pathOf(path: string): string[] {
  return path.split('.').filter((part) => part !== '');
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, part) => (inner as Record<string, unknown> | undefined)?.[part], value);
}

/** Copies only what is on the path. */
function setAt(value: unknown, [part, ...rest]: readonly string[], leaf: unknown): unknown {
  if (part === undefined) return leaf;
  const object = (value ?? {}) as Record<string, unknown>;
  return { ...object, [part]: setAt(object[part], rest, leaf) };
}

function sendScale(call: Call, scale: UntypedObject, options: { code: number; now: number; warnings?: readonly string[] }): unknown {
  return sendObject(call, { object: scale, bytes: Buffer.from(JSON.stringify(scale)) }, { ...options, info: SCALE });
}
