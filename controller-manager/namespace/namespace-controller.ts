import { isDeepStrictEqual } from 'node:util';
import type { CustomResourceDefinition } from '../../shared/api/generated/apiextensions-v1.ts';
import type { Namespace as NamespaceObject, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly, KubeObject } from '../../shared/api/meta.ts';
import { BUILT_IN_RESOURCES, type ResourceInfo, resourceInfo, resourcePath } from '../../shared/api/scheme.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { keyOf, type ObjectKey, splitKey } from '../../shared/machinery/object-key.ts';
import { customResource } from '../custom-resources.ts';
import { ignoringNotFound } from '../ignoring-not-found.ts';
import { type ContentReport, namespaceConditions } from './namespace-conditions.ts';

export interface NamespaceDeps {
  client: ApiClient;
  clock: Clock;
  namespaces: Informer<NamespaceObject>;
  pods: Informer<Pod>;
  definitions: Informer<CustomResourceDefinition>;
}

type Namespace = DeepReadonly<NamespaceObject>;
type Remaining = ContentReport['remaining'][number];

/** Holds a namespace until its content is gone. */
const FINALIZER = 'kubernetes';
/** Wait before looking again at content that does not report its end (other than pods), doubled each time up to the second figure, ms. */
const RETRY_MS = { first: 50, longest: 5_000 };

/** Empties namespaces that are being deleted, pods first, and releases them once nothing is left in them. */
export class NamespaceController implements Reconciler {
  readonly name = 'namespace-controller';
  readonly #deps: NamespaceDeps;
  readonly #rounds = new Map<ObjectKey, number>();

  constructor(deps: NamespaceDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    const { namespaces, pods } = this.#deps;
    namespaces.onChange((namespace, { type }) => {
      if (type === 'deleted') this.#rounds.delete(keyOf(namespace));
      else if (namespace.metadata.deletionTimestamp !== undefined) queue.add(keyOf(namespace));
    });
    pods.onChange(({ metadata: { namespace = '' } }, { type }) => {
      const isLast =
        type === 'deleted' && namespaces.get(namespace)?.metadata.deletionTimestamp !== undefined && pods.list(namespace).length === 0;
      if (isLast) queue.add(namespace); // the rest may go now
    });
  }

  async reconcile(key: ObjectKey, context: ReconcileContext): Promise<void> {
    const cached = this.#deps.namespaces.get(key);
    if (cached?.metadata.deletionTimestamp === undefined || !hasFinalizer(cached)) return;
    const content = await this.#deleteContent(key, context.signal);
    const namespace = await this.#writeStatus(cached, content, context.signal);
    if (namespace === undefined) return;
    if (content.failures.length > 0) throw new Error(content.failures.join('; '));
    if (content.remaining.length === 0) return this.#finalize(namespace, context.signal);
    const round = this.#rounds.get(key) ?? 0;
    this.#rounds.set(key, round + 1);
    context.requeueAfter(Math.min(RETRY_MS.longest, RETRY_MS.first * 2 ** round));
  }

  /** Pods go first, so that nothing they need disappears under them; the rest once they are gone. */
  async #deleteContent(namespace: string, signal: AbortSignal): Promise<ContentReport> {
    const failures: string[] = [];
    const pods = await this.#deleteResource(resourceInfo('pods'), namespace, failures, signal);
    if (pods !== undefined || failures.length > 0) return { failures, remaining: pods === undefined ? [] : [pods] };
    const others = this.#resources().filter(({ id }) => id !== 'pods');
    const remaining = await Promise.all(others.map((info) => this.#deleteResource(info, namespace, failures, signal)));
    return { failures, remaining: remaining.filter((each) => each !== undefined) };
  }

  async #deleteResource(info: ResourceInfo, namespace: string, failures: string[], signal: AbortSignal): Promise<Remaining | undefined> {
    const { client } = this.#deps;
    try {
      const first = await client.list(info, { namespace, limit: 1 }, signal);
      if (first.items.length === 0) return undefined;
      await client.deleteCollection(info, { namespace }, { propagationPolicy: 'Background' }, signal);
      const { items } = await client.list(info, { namespace }, signal);
      if (items.length === 0) return undefined;
      return {
        resource: info.plural,
        group: info.group,
        count: items.length,
        finalizers: items.flatMap((item: KubeObject) => item.metadata.finalizers ?? []),
      };
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isNotFound(error)) failures.push(error instanceof Error ? error.message : String(error)); // not found: the resource is not served any more
      return undefined;
    }
  }

  /** Everything that can be in a namespace. Events are stored once though they are served by two groups. */
  #resources(): ResourceInfo[] {
    const custom = this.#deps.definitions.list().map(customResource);
    const all = [...BUILT_IN_RESOURCES, ...custom.filter((info) => info !== undefined)];
    return all.filter(
      ({ id, namespaced, verbs }) => namespaced && verbs.includes('delete') && verbs.includes('list') && id !== 'events.events.k8s.io',
    );
  }

  /** The namespace as it then is; undefined if it is gone. */
  async #writeStatus(cached: Namespace, content: ContentReport, signal: AbortSignal): Promise<Namespace | undefined> {
    const { client, clock } = this.#deps;
    const conditions = namespaceConditions(cached.status?.conditions, content, clock.now());
    const status = { ...cached.status, phase: 'Terminating' as const, conditions };
    if (isDeepStrictEqual(status, cached.status)) return cached;
    try {
      return await client.updateStatus('namespaces', { ...cached, status }, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #finalize(namespace: Namespace, signal: AbortSignal): Promise<void> {
    const { name } = splitKey(keyOf(namespace));
    const finalizers = (namespace.spec.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    const body = { ...namespace, apiVersion: 'v1', kind: 'Namespace', spec: { ...namespace.spec, finalizers } };
    const path = resourcePath(resourceInfo('namespaces'), { name, subresource: 'finalize' });
    await ignoringNotFound(this.#deps.client.raw('PUT', path, body, signal));
  }
}

function hasFinalizer({ spec }: Namespace): boolean {
  return spec.finalizers?.includes(FINALIZER) === true;
}
