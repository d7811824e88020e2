import { isDeepStrictEqual } from 'node:util';
import type { DeepReadonly, UntypedObject } from '../../shared/api/meta.ts';
import type { Logger } from '../../shared/component/logging.ts';
import { isNotFound } from '../../shared/machinery/api-error.ts';
import { type Clock, timestamp } from '../../shared/machinery/clock.ts';
import { LOOPBACK_ADMIN } from '../auth/user.ts';
import type { ObjectStore } from '../registry/object-store.ts';
import type { RequestContext } from '../registry/request-context.ts';
import type { CachedObject } from '../storage/watch-cache-object.ts';
import { type Definition, hasCondition } from './conditions.ts';
import type { CustomResources } from './custom-resources.ts';
import { planStatus } from './names.ts';
import { CLEANUP_FINALIZER, isTerminating, type Progress, terminatingStatus } from './termination.ts';

export interface DefinitionControllerDeps {
  /** Of the definitions. */
  store: ObjectStore;
  resources: CustomResources;
  clock: Clock;
  log: Logger;
}

/** Between two looks at objects that are being deleted, and after a failure, ms. */
const AGAIN_MS = 100;
const AFTER_FAILURE_MS = 1_000;
/** Objects that are deleted side by side. */
const DELETED_AT_ONCE = 64;
const NOTHING = Buffer.alloc(0);

/** Keeps the status of definitions, and deletes the objects of those that go. Level-based: it reads the cache, never the event. */
export class DefinitionController {
  readonly #deps: DefinitionControllerDeps;
  /** Definitions as they need nothing. */
  readonly #settled = new WeakSet<CachedObject>();

  constructor(deps: DefinitionControllerDeps) {
    this.#deps = deps;
  }

  /** Until `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { store, clock, log } = this.#deps;
    let waiting = new AbortController();
    const view = {
      id: 'definition-controller',
      encoder: { id: 'nothing', encode: () => NOTHING },
      namespace: '',
      name: undefined,
      indexed: undefined,
    };
    const wake = (): void => waiting.abort();
    const unsubscribe = store.objects.subscribe({ ...view, matches: () => true }, { push: wake });
    signal.addEventListener('abort', wake, { once: true });
    while (!signal.aborted) {
      waiting = new AbortController();
      const again = await this.#pass(signal).catch((err: unknown) => {
        log.warn({ err }, 'definitions not settled');
        return AFTER_FAILURE_MS;
      });
      await (again === undefined ? aborted(waiting.signal) : clock.sleep(again, waiting.signal));
    }
    signal.removeEventListener('abort', wake);
    unsubscribe();
  }

  /** Answers after how long to look again without being woken, ms. */
  async #pass(signal: AbortSignal): Promise<number | undefined> {
    let again: number | undefined;
    for (const cached of this.#deps.store.objects.list('')) {
      if (signal.aborted) return undefined;
      const definition = definitionOf(cached);
      if (isTerminating(definition)) {
        if (!(await this.#terminate(definition))) again = AGAIN_MS;
      } else if (!this.#settled.has(cached) || !hasCondition(definition, 'NamesAccepted')) await this.#settle(cached);
    }
    return again;
  }

  async #settle(cached: CachedObject): Promise<void> {
    const definition = definitionOf(cached);
    const group = this.#deps.store.objects
      .list('')
      .map(definitionOf)
      .filter(({ spec }) => spec.group === definition.spec.group);
    const status = planStatus(definition, group, this.#now());
    if (status === definition.status) this.#settled.add(cached);
    else await this.#writeStatus(definition, (current) => ({ ...current, status: planStatus(current, group, this.#now()) }));
  }

  /** Returns whether the definition is gone. */
  async #terminate(definition: Definition): Promise<boolean> {
    const { resources } = this.#deps;
    await this.#progress(definition, 'begun');
    const store = resources.storeOf(definition.metadata.name);
    if (store !== undefined && hasCondition(definition, 'Established')) {
      try {
        await deleteAll(store);
      } catch (error) {
        await this.#progress(definition, { failed: error instanceof Error ? error.message : String(error) });
        throw error;
      }
      if (store.objects.size > 0) return false;
    }
    await this.#writeStatus(definition, (current) => ({
      ...current,
      metadata: { ...current.metadata, finalizers: (current.metadata.finalizers ?? []).filter((name) => name !== CLEANUP_FINALIZER) },
      status: terminatingStatus(current, 'done', this.#now()),
    }));
    return true;
  }

  async #progress(definition: Definition, progress: Progress): Promise<void> {
    const now = this.#now();
    if (isDeepStrictEqual(terminatingStatus(definition, progress, now), definition.status)) return;
    await this.#writeStatus(definition, (current) => ({ ...current, status: terminatingStatus(current, progress, now) }));
  }

  async #writeStatus({ metadata }: Definition, change: (current: Definition) => Definition): Promise<void> {
    const { store } = this.#deps;
    const transform = (current: UntypedObject | undefined): UntypedObject => {
      if (current === undefined) return {} as UntypedObject; // not found, says the store
      return structuredClone(change(current as unknown as Definition)) as unknown as UntypedObject;
    };
    const options = { subresource: 'status', prepare: () => {}, validate: () => [] };
    await store.update(serverContext(), { namespace: '', name: metadata.name }, transform, options).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }

  #now(): string {
    return timestamp(this.#deps.clock.now());
  }
}

function definitionOf(cached: CachedObject): Definition {
  return cached.object as unknown as DeepReadonly<Definition>;
}

async function deleteAll(store: ObjectStore): Promise<void> {
  const left = store.objects.list('').filter(({ object }) => object.metadata.deletionTimestamp === undefined);
  for (let at = 0; at < left.length; at += DELETED_AT_ONCE) {
    const some = left.slice(at, at + DELETED_AT_ONCE);
    await Promise.all(
      some.map(({ namespace, name }) =>
        store.delete(serverContext(), { namespace, name }, {}).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        }),
      ),
    );
  }
}

function serverContext(): RequestContext {
  return { user: LOOPBACK_ADMIN, component: 'kube-apiserver', dryRun: false, fieldValidation: 'Ignore', warnings: [] };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
