import type { Pod } from '../../shared/api/generated/core-v1.ts';
import type { PodDisruptionBudget } from '../../shared/api/generated/policy-v1.ts';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import {
  type ApiError,
  badRequest,
  failure,
  forbidden,
  internalError,
  methodNotAllowed,
  tooManyRequests,
} from '../../shared/machinery/api-error.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { matchesLabelSelector } from '../../shared/machinery/label-selector.ts';
import type { DeleteOptions } from '../registry/plan-deletion.ts';
import type { RequestContext } from '../registry/request-context.ts';
import { bodyOf, type Call, contextOf } from './call.ts';
import { checkDeleteOptions, deleteOptionsOf } from './delete-options.ts';
import { parseBody } from './request-body.ts';
import { sendValue } from './send-object.ts';
import type { SpecialDeps } from './special-routes.ts';

/** Pods whose recorded disruption is still on its way at most; more is a sign of a stuck controller. Source: EvictionREST MaxDisruptedPodSize. */
const MAX_DISRUPTED = 2000;
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget.";

/** Deletes a pod if its disruption budget allows that. Source: kubernetes pkg/registry/core/pod/storage EvictionREST. */
export async function evictPod(call: Call, deps: SpecialDeps): Promise<unknown> {
  if (call.request.method !== 'POST') throw methodNotAllowed();
  const context = contextOf(call);
  const { namespace, name } = call.info;
  const options = readEviction(call);
  if ((options.dryRun ?? []).length > 0) context.dryRun = true;
  const store = deps.registry.store('pods');
  const pod = store.get({ namespace, name }).object as unknown as DeepReadonly<Pod>;
  if (!ignoresBudgets(pod)) await takeDisruption(deps, context, pod);
  await store.delete(context, { namespace, name }, options);
  return sendValue(call, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

function readEviction(call: Call): DeleteOptions {
  const { value } = parseBody(bodyOf(call));
  if (typeof value !== 'object' || value === null) throw badRequest('not an Eviction object');
  const { kind = 'Eviction', metadata, deleteOptions } = value as { kind?: string; metadata?: { name?: string }; deleteOptions?: unknown };
  if (kind !== 'Eviction') throw badRequest(`not a Eviction object: ${JSON.stringify(kind)}`);
  if ((metadata?.name ?? '') !== '' && metadata?.name !== call.info.name)
    throw badRequest('name in URL does not match name in Eviction object');
  const options = deleteOptions === undefined || deleteOptions === null ? {} : deleteOptionsOf(deleteOptions);
  checkDeleteOptions(options);
  return options;
}

function ignoresBudgets(pod: DeepReadonly<Pod>): boolean {
  return ['Succeeded', 'Failed', 'Pending'].includes(pod.status?.phase ?? 'Pending') || pod.metadata.deletionTimestamp !== undefined;
}

async function takeDisruption(deps: SpecialDeps, context: RequestContext, pod: DeepReadonly<Pod>): Promise<void> {
  const namespace = pod.metadata.namespace ?? '';
  const all = deps.registry.list('poddisruptionbudgets', namespace) as unknown as readonly DeepReadonly<PodDisruptionBudget>[];
  const [budget, another] = all.filter(({ spec }) => matchesLabelSelector(spec?.selector, pod.metadata.labels));
  if (another !== undefined)
    throw internalError('This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.');
  if (budget === undefined || mayGoUnready(budget, pod)) return;
  const transform = (current: UntypedObject | undefined): UntypedObject => {
    const newest = (current ?? budget) as unknown as DeepReadonly<PodDisruptionBudget>;
    const refusal = refusalOf(newest);
    if (refusal !== undefined) throw refusal;
    const status = {
      ...newest.status,
      disruptionsAllowed: (newest.status?.disruptionsAllowed ?? 0) - 1,
      disruptedPods: { ...newest.status?.disruptedPods, [pod.metadata.name]: timestamp(deps.clock.now()) },
    };
    return { ...newest, metadata: { ...newest.metadata }, status } as unknown as UntypedObject;
  };
  await deps.registry.store('poddisruptionbudgets').update(context, { namespace, name: budget.metadata.name }, transform, {
    subresource: 'status',
    owners: 'kept',
    prepare: () => {},
    validate: () => [],
  });
}

/** Pods that are not ready may go where the budget says so, or where enough others are healthy. */
function mayGoUnready({ spec, status }: DeepReadonly<PodDisruptionBudget>, pod: DeepReadonly<Pod>): boolean {
  if ((pod.status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True')) return false;
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return currentHealthy >= desiredHealthy && desiredHealthy > 0;
}

function refusalOf({ metadata, status }: DeepReadonly<PodDisruptionBudget>): ApiError | undefined {
  const refused = (message: string, seconds: number): ApiError =>
    tooManyRequests(REFUSED, seconds, { causes: [{ reason: 'DisruptionBudget', message }] });
  if ((status?.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
    return refused(`The disruption budget ${metadata.name} is still being processed by the server.`, 10);
  }
  const { disruptionsAllowed = 0, desiredHealthy = 0, currentHealthy = 0, disruptedPods = {} } = status ?? {};
  const subject = { group: 'policy', plural: 'poddisruptionbudgets', kind: 'PodDisruptionBudget' };
  if (disruptionsAllowed < 0) return forbidden(subject, metadata.name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED) {
    return forbidden(subject, metadata.name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (disruptionsAllowed === 0) {
    const needs = `needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`;
    return failure(429, 'TooManyRequests', REFUSED, {
      causes: [{ reason: 'DisruptionBudget', message: `The disruption budget ${metadata.name} ${needs}` }],
    });
  }
  return undefined;
}
