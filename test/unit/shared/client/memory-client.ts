import type { KubeObject, UntypedObject } from '../../../../shared/api/meta.ts';
import { type ResourceInfo, resourceInfo } from '../../../../shared/api/scheme.ts';
import type { ApiClient, ResourceRef, WatchEvent } from '../../../../shared/client/api-client.ts';
import { alreadyExists, conflict, expired, notFound } from '../../../../shared/machinery/api-error.ts';
import { keyOf, objectKey } from '../../../../shared/machinery/object-key.ts';

interface Change {
  revision: number;
  plural: string;
  event: WatchEvent<UntypedObject>;
}

/** An API server in memory behind the client's interface: optimistic concurrency, uids, watch from a revision, compaction. No selectors. */
export class MemoryClient {
  readonly objects = new Map<string, UntypedObject>();
  readonly calls: string[] = [];
  revision = 0;
  /** Watches from before this revision answer 410. */
  compacted = 0;
  /** Runs before each call; a throw fails it. */
  before: (call: string) => void | Promise<void> = () => undefined;
  readonly #changes: Change[] = [];
  readonly #wake = new Set<() => void>();
  #cut = 0;

  /** A client of this server; a gate of its own can delay or fail its calls. */
  client(gate: (call: string, signal: AbortSignal | undefined) => void | Promise<void> = () => undefined): ApiClient {
    const enter = async (verb: string, resource: ResourceRef, key: string, signal?: AbortSignal): Promise<ResourceInfo> => {
      const info = typeof resource === 'string' ? resourceInfo(resource) : resource;
      const call = `${verb} ${info.plural} ${key}`.trim();
      this.calls.push(call);
      await gate(call, signal);
      await this.before(call);
      signal?.throwIfAborted();
      return info;
    };
    const client = {
      get: async (resource: ResourceRef, key: string, signal?: AbortSignal) => {
        const info = await enter('get', resource, key, signal);
        return structuredClone(this.#need(info, key));
      },
      list: async (resource: ResourceRef, _options: object, signal?: AbortSignal) => {
        const info = await enter('list', resource, '', signal);
        const items = [...this.objects].filter(([id]) => id.startsWith(`${info.plural} `)).map(([, object]) => structuredClone(object));
        return { metadata: { resourceVersion: String(this.revision) }, items };
      },
      create: async (resource: ResourceRef, object: KubeObject, signal?: AbortSignal) => {
        const { namespace, generateName } = object.metadata;
        const info = await enter('create', resource, objectKey(namespace, object.metadata.name ?? `${generateName}*`), signal);
        const name = object.metadata.name ?? `${generateName}${this.revision + 1}`;
        if (this.objects.has(`${info.plural} ${objectKey(namespace, name)}`)) throw alreadyExists(info, name);
        return this.#put(info, 'ADDED', { ...object, metadata: { ...object.metadata, name, uid: `uid-${this.revision + 1}` } });
      },
      update: async (resource: ResourceRef, object: KubeObject, signal?: AbortSignal) => {
        const info = await enter('update', resource, keyOf(object), signal);
        const { resourceVersion } = object.metadata;
        if (this.#need(info, keyOf(object)).metadata.resourceVersion !== resourceVersion)
          throw conflict(info, object.metadata.name, 'the object has been modified');
        return this.#put(info, 'MODIFIED', object);
      },
      patch: async (resource: ResourceRef, key: string, patch: { metadata?: object }, _options: object, signal?: AbortSignal) => {
        const info = await enter('patch', resource, key, signal);
        const now = this.#need(info, key);
        return this.#put(info, 'MODIFIED', { ...now, ...patch, metadata: { ...now.metadata, ...patch.metadata } });
      },
      delete: async (resource: ResourceRef, key: string, _options?: object, signal?: AbortSignal) => {
        const info = await enter('delete', resource, key, signal);
        this.#put(info, 'DELETED', this.#need(info, key));
      },
      watch: async function* (this: MemoryClient, resource: ResourceRef, options: { resourceVersion?: string }, signal: AbortSignal) {
        const info = await enter('watch', resource, options.resourceVersion ?? '', signal);
        yield* this.#watch(info.plural, Number(options.resourceVersion ?? 0), signal);
      }.bind(this),
      close: async () => undefined,
    };
    return client as unknown as ApiClient;
  }

  put(plural: string, object: KubeObject): UntypedObject {
    const info = { plural } as ResourceInfo;
    return this.#put(info, this.objects.has(`${plural} ${keyOf(object)}`) ? 'MODIFIED' : 'ADDED', object);
  }

  remove(plural: string, key: string): void {
    const info = { plural } as ResourceInfo;
    this.#put(info, 'DELETED', this.#need(info, key));
  }

  /** Ends all open watches. */
  cutWatches(): void {
    this.#cut++;
    for (const wake of this.#wake) wake();
  }

  #need(info: ResourceInfo, key: string): UntypedObject {
    const object = this.objects.get(`${info.plural} ${key}`);
    if (object === undefined)
      throw notFound({ group: info.group ?? '', plural: info.plural, kind: info.kind }, key.split('/').at(-1) ?? key);
    return object;
  }

  #put({ plural }: ResourceInfo, type: 'ADDED' | 'MODIFIED' | 'DELETED', given: KubeObject): UntypedObject {
    this.revision++;
    const object = { ...structuredClone(given), metadata: { ...given.metadata, resourceVersion: String(this.revision) } } as UntypedObject;
    const id = `${plural} ${keyOf(object)}`;
    if (type === 'DELETED') this.objects.delete(id);
    else this.objects.set(id, object);
    this.#changes.push({ revision: this.revision, plural, event: { type, object: structuredClone(object) } });
    for (const wake of this.#wake) wake();
    return structuredClone(object);
  }

  async *#watch(plural: string, from: number, signal: AbortSignal): AsyncGenerator<WatchEvent<UntypedObject>> {
    if (from < this.compacted) throw expired(`too old resource version: ${from} (${this.compacted})`);
    const cut = this.#cut;
    let next = this.#changes.findIndex(({ revision }) => revision > from);
    if (next < 0) next = this.#changes.length;
    while (!signal.aborted && cut === this.#cut) {
      const change = this.#changes[next];
      if (change === undefined) await this.#more(signal);
      else {
        next++;
        if (change.plural === plural) yield change.event;
      }
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
