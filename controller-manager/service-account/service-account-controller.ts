import type { Namespace, ServiceAccount } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../shared/machinery/api-error.ts';
import { keyOf, type ObjectKey } from '../../shared/machinery/object-key.ts';

export interface ServiceAccountDeps {
  client: ApiClient;
  namespaces: Informer<Namespace>;
  accounts: Informer<ServiceAccount>;
}

const NAME = 'default';

/** Keeps a service account `default` in each namespace that is not going away. Its keys are namespaces. */
export class ServiceAccountController implements Reconciler {
  readonly name = 'serviceaccount-controller';
  readonly #deps: ServiceAccountDeps;

  constructor(deps: ServiceAccountDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    this.#deps.namespaces.onChange((namespace, { type }) => {
      if (type !== 'deleted') queue.add(keyOf(namespace));
    });
    this.#deps.accounts.onChange(({ metadata: { name, namespace = '' } }, { type }) => {
      if (type === 'deleted' && name === NAME) queue.add(namespace);
    });
  }

  async reconcile(key: ObjectKey, { signal }: ReconcileContext): Promise<void> {
    const { client, namespaces, accounts } = this.#deps;
    const namespace = namespaces.get(key);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined || accounts.get(`${key}/${NAME}`) !== undefined)
      return;
    try {
      await client.create('serviceaccounts', { metadata: { name: NAME, namespace: key } }, signal);
    } catch (error) {
      if (!isAlreadyExists(error) && !isNotFound(error) && !isNamespaceTerminating(error)) throw error;
    }
  }
}
