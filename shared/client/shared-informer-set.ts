import type { KubeObject } from '../api/meta.ts';
import type { Clock } from '../machinery/clock.ts';
import type { ApiClient, ObjectOf, ResourceRef } from './api-client.ts';
import type { Informer } from './informer.ts';
import type { InformerOptions, InformerSet } from './informer-set.ts';
import type { ClientLog, ClientMetrics } from './observability.ts';
import { Reflector } from './reflector.ts';
import { ReflectorInformer } from './reflector-informer.ts';

export interface InformerSetDeps {
  clock: Clock;
  log: ClientLog;
  metrics?: ClientMetrics;
  random?: () => number;
}

interface Member {
  informer: Pick<ReflectorInformer<KubeObject>, 'synced' | 'whenSynced'>;
  run(signal: AbortSignal): Promise<void>;
}

/** The informers of one process; see InformerSet. */
export function createInformerSet(client: ApiClient, deps: InformerSetDeps): InformerSet {
  return new SharedInformerSet(client, deps);
}

class SharedInformerSet implements InformerSet {
  readonly #client: ApiClient;
  readonly #deps: InformerSetDeps;
  readonly #members = new Map<string, Member>();
  #running: { signal: AbortSignal; tasks: Promise<void>[] } | undefined;

  constructor(client: ApiClient, deps: InformerSetDeps) {
    this.#client = client;
    this.#deps = deps;
  }

  for<R extends ResourceRef>(resource: R, options: InformerOptions<ObjectOf<R>> = {}): Informer<ObjectOf<R>> {
    const { indexers = {}, ...selection } = options;
    const id = JSON.stringify([identity(resource), selection.namespace, selection.labelSelector, selection.fieldSelector]);
    const known = this.#members.get(id);
    if (known !== undefined) {
      const informer = known.informer as unknown as ReflectorInformer<ObjectOf<R>>;
      informer.addIndexers(indexers);
      return informer;
    }
    const informer = new ReflectorInformer<ObjectOf<R>>(this.#deps.log, indexers);
    const reflector = new Reflector(this.#client, { resource, selection, target: informer, ...this.#deps });
    const member: Member = { informer, run: (signal) => reflector.run(signal) };
    this.#members.set(id, member);
    this.#running?.tasks.push(member.run(this.#running.signal));
    return informer;
  }

  async run(signal: AbortSignal): Promise<void> {
    if (this.#running !== undefined) throw new Error('this informer set runs already');
    const tasks = [...this.#members.values()].map((member) => member.run(signal));
    this.#running = { signal, tasks };
    await aborted(signal);
    await Promise.all(tasks);
  }

  async waitForSync(signal: AbortSignal): Promise<void> {
    const synced = Promise.all([...this.#members.values()].map(({ informer }) => informer.whenSynced));
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason);
      if (signal.aborted) return onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      void synced.then(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }
}

function identity(resource: ResourceRef): string {
  return typeof resource === 'string' ? resource : resource.id;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
