import type { UntypedObject } from '../../shared/api/meta.ts';
import { resourceInfo } from '../../shared/api/scheme.ts';
import { type ApiError, badRequest, conflict, type FieldError, invalid, methodNotAllowed } from '../../shared/machinery/api-error.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import { bodyOf, type Call, contextOf } from './call.ts';
import { decodeBody } from './request-body.ts';
import { sendValue } from './send-object.ts';
import type { SpecialDeps } from './special-routes.ts';

const BINDING = resourceInfo('bindings');
const SUBJECT = { group: '', plural: 'pods/binding', kind: 'Binding' };

interface Condition {
  type: string;
  status: string;
  [field: string]: unknown;
}

/** Assigns a pod to a node, once. Source: kubernetes pkg/registry/core/pod/storage BindingREST. */
export async function bindPod(call: Call, deps: SpecialDeps): Promise<unknown> {
  if (call.request.method !== 'POST') throw methodNotAllowed();
  const context = contextOf(call);
  const binding = decodeBody(BINDING, bodyOf(call), context);
  const { namespace } = call.info;
  const name = call.info.name === '' ? (binding.metadata?.name ?? '') : call.info.name;
  if (call.info.name !== '' && (binding.metadata?.name ?? name) !== name) {
    throw badRequest(`name in URL does not match name in Binding object: ${JSON.stringify(binding.metadata?.name)}`);
  }
  const { kind = '', name: node = '' } = (binding.target ?? {}) as { kind?: string; name?: string };
  const errors = checkTarget(kind, node);
  if (errors.length > 0) throw invalid(SUBJECT, name, errors);
  const { annotations, labels, uid, resourceVersion } = binding.metadata ?? {};
  await deps.registry.store('pods').update(
    context,
    { namespace, name },
    (pod) => {
      if (pod === undefined) return {} as UntypedObject; // not found, says the store
      const refused = (why: string): ApiError => conflict(SUBJECT, name, why);
      if (uid !== undefined && uid !== pod.metadata.uid)
        throw refused(`Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`);
      const spec = (pod.spec ?? {}) as { nodeName?: string; schedulingGates?: unknown[] };
      if (pod.metadata.deletionTimestamp !== undefined) throw refused(`pod ${name} is being deleted, cannot be assigned to a host`);
      if ((spec.nodeName ?? '') !== '') throw refused(`pod ${name} is already assigned to node ${JSON.stringify(spec.nodeName)}`);
      if ((spec.schedulingGates ?? []).length > 0) throw refused(`pod ${name} has non-empty .spec.schedulingGates`);
      return {
        ...pod,
        metadata: {
          ...pod.metadata,
          ...(resourceVersion !== undefined && { resourceVersion }),
          ...(annotations && { annotations: { ...pod.metadata.annotations, ...annotations } }),
          ...(labels && { labels: { ...pod.metadata.labels, ...labels } }),
        },
        spec: { ...spec, nodeName: node },
        status: scheduled(pod.status as { conditions?: Condition[] } | undefined, deps.clock.now()),
      };
    },
    { subresource: 'binding', owners: 'kept', keepGeneration: true, prepare: () => {}, validate: () => [] },
  );
  return sendValue(call, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }, 201);
}

function checkTarget(kind: string, node: string): FieldError[] {
  const errors: FieldError[] = [];
  if (kind !== '' && kind !== 'Node') {
    const message = `Unsupported value: ${JSON.stringify(kind)}: supported values: "Node", "<empty>"`;
    errors.push({ type: 'FieldValueNotSupported', field: 'target.kind', message });
  }
  if (node === '') errors.push({ type: 'FieldValueRequired', field: 'target.name', message: 'Required value' });
  return errors;
}

function scheduled(status: { conditions?: Condition[] } | undefined, now: number): object {
  const condition = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: timestamp(now) };
  const conditions = status?.conditions ?? [];
  const others = conditions.filter(({ type }) => type !== 'PodScheduled');
  return { ...status, conditions: [...others, condition] };
}
