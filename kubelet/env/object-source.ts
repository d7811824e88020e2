import type { ConfigMap, Secret } from '../../shared/api/generated/core-v1.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import { objectKey } from '../../shared/machinery/object-key.ts';

/** Reads the ConfigMaps and Secrets that pods name; undefined when there is no such object. Other failures reject. */
export interface ObjectSource {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

/**
 * Asks the API server at each container start, so a container never sees a stale value; callers at the same time share one request.
 * Deviation: upstream keeps a watch per referenced object (docs/compatibility.md#kubelet).
 */
export class ApiObjectSource implements ObjectSource {
  readonly #client: ApiClient;
  readonly #inFlight = new Map<string, Promise<unknown>>();
  constructor(client: ApiClient) {
    this.#client = client;
  }

  configMap(namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.#shared(`configmaps/${namespace}/${name}`, () => this.#client.get('configmaps', objectKey(namespace, name)));
  }

  secret(namespace: string, name: string): Promise<Secret | undefined> {
    return this.#shared(`secrets/${namespace}/${name}`, () => this.#client.get('secrets', objectKey(namespace, name)));
  }

  #shared<T>(key: string, read: () => Promise<T>): Promise<T | undefined> {
    const running = this.#inFlight.get(key) as Promise<T | undefined> | undefined;
    if (running !== undefined) return running;
    const request = read()
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      })
      .finally(() => this.#inFlight.delete(key));
    this.#inFlight.set(key, request);
    return request;
  }
}
