import type { ConfigMap, Namespace } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Informer } from '../../shared/client/informer.ts';
import type { WorkQueue } from '../../shared/client/work-queue.ts';
import type { ReconcileContext, Reconciler } from '../../shared/controller/reconciler.ts';
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../shared/machinery/api-error.ts';
import { keyOf, type ObjectKey } from '../../shared/machinery/object-key.ts';

export interface RootCaCertPublisherDeps {
  client: ApiClient;
  namespaces: Informer<Namespace>;
  /** Only those named `kube-root-ca.crt`. */
  configMaps: Informer<ConfigMap>;
  /** PEM of the certificate authority that signs the API server's certificate. */
  rootCa: string;
}

export const ROOT_CA_NAME = 'kube-root-ca.crt';
const DESCRIPTION =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

/** Keeps a ConfigMap with the cluster's certificate authority in each namespace, for pods to trust the API server by. Its keys are namespaces. */
export class RootCaCertPublisher implements Reconciler {
  readonly name = 'root-ca-certificate-publisher-controller';
  readonly #deps: RootCaCertPublisherDeps;

  constructor(deps: RootCaCertPublisherDeps) {
    this.#deps = deps;
  }

  wakeOn(queue: WorkQueue): void {
    this.#deps.namespaces.onChange((namespace, { type }) => {
      if (type !== 'deleted') queue.add(keyOf(namespace));
    });
    this.#deps.configMaps.onChange(({ metadata: { namespace = '' } }) => queue.add(namespace));
  }

  async reconcile(key: ObjectKey, { signal }: ReconcileContext): Promise<void> {
    const { client, namespaces, configMaps, rootCa } = this.#deps;
    const namespace = namespaces.get(key);
    if (namespace === undefined || namespace.metadata.deletionTimestamp !== undefined) return;
    const existing = configMaps.get(`${key}/${ROOT_CA_NAME}`);
    const annotations = { ...existing?.metadata.annotations, 'kubernetes.io/description': DESCRIPTION };
    const data = { 'ca.crt': rootCa };
    try {
      if (existing === undefined)
        await client.create('configmaps', { metadata: { name: ROOT_CA_NAME, namespace: key, annotations }, data }, signal);
      else if (Object.keys(existing.data ?? {}).length !== 1 || existing.data?.['ca.crt'] !== rootCa)
        await client.update('configmaps', { ...existing, metadata: { ...existing.metadata, annotations }, data }, signal);
    } catch (error) {
      if (!isAlreadyExists(error) && !isNotFound(error) && !isNamespaceTerminating(error)) throw error;
    }
  }
}
