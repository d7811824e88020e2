import { setMaxListeners } from 'node:events';
import type { DeepPartial, DeepReadonly, KubeList, KubeObject } from '../api/meta.ts';
import { groupVersion, type ResourceInfo, resourceInfo, resourcePath } from '../api/scheme.ts';
import { ApiError } from '../machinery/api-error.ts';
import type { Clock } from '../machinery/clock.ts';
import { type ObjectKey, splitKey } from '../machinery/object-key.ts';
import type { ApiClient, DeleteOptions, ListOptions, ObjectOf, PatchOptions, ResourceRef, WatchEvent, WatchOptions } from './api-client.ts';
import { currentCause } from './cause.ts';
import type { ClientConfig } from './kubeconfig.ts';
import type { ClientLog, ClientMetrics } from './observability.ts';
import { Reachability } from './reachability.ts';
import { responseError } from './response-error.ts';
import { type Failure, retryAfterMs, retryDelay, transportFailure } from './retry.ts';
import { createTransport, type Transport, type TransportRequest } from './transport.ts';
import { decodeWatch } from './watch-stream.ts';

export interface ApiClientDeps {
  clock: Clock;
  log?: ClientLog;
  /** Names the component to the server, which takes the field manager from it: `kube-scheduler/v1.36.0`. */
  userAgent: string;
  metrics?: ClientMetrics;
  random?: () => number;
  /** Requests at the same time, watches not counted; 16 by default. More only pays where many writes wait for the disk together. */
  maxConnections?: number;
}

type Method = TransportRequest['method'];
interface Call {
  method: Method;
  path: string;
  body?: unknown;
  contentType?: string;
  /** Doing it twice is as good as once. */
  repeatable: boolean;
  endless?: boolean;
}
type Response = Awaited<ReturnType<Transport['send']>>;

const PATCH_TYPES = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Source: client-go metrics (rest_client_request_duration_seconds). Seconds. */
const DURATION_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** The client of an API server over HTTP. Connects with the first request. */
export function createApiClient(config: ClientConfig, deps: ApiClientDeps): ApiClient {
  return new RestClient(createTransport(config, deps.clock, deps.maxConnections), deps);
}

class RestClient implements ApiClient {
  readonly #transport: Transport;
  readonly #deps: ApiClientDeps;
  readonly #closing = new AbortController();
  readonly #reachability = new Reachability();
  readonly #requests: ReturnType<ClientMetrics['counter']> | undefined;
  readonly #durations: ReturnType<ClientMetrics['histogram']> | undefined;

  constructor(transport: Transport, deps: ApiClientDeps) {
    this.#transport = transport;
    this.#deps = deps;
    this.#requests = deps.metrics?.counter(
      'rest_client_requests_total',
      'Number of HTTP requests, partitioned by status code, method, and host.',
      ['code', 'method', 'host'],
    );
    this.#durations = deps.metrics?.histogram(
      'rest_client_request_duration_seconds',
      'Request latency in seconds. Broken down by verb, and host.',
      DURATION_BUCKETS,
      ['verb', 'host'],
    );
  }

  async get<R extends ResourceRef>(resource: R, key: ObjectKey, signal?: AbortSignal): Promise<ObjectOf<R>> {
    return (await this.#json({ method: 'GET', path: objectPath(infoOf(resource), key), repeatable: true }, signal)) as ObjectOf<R>;
  }

  async list<R extends ResourceRef>(resource: R, options: ListOptions = {}, signal?: AbortSignal): Promise<KubeList<ObjectOf<R>>> {
    const info = infoOf(resource);
    const list = (await this.#json({ method: 'GET', path: collectionPath(info, options), repeatable: true }, signal)) as KubeList<
      ObjectOf<R>
    >;
    const apiVersion = groupVersion(info);
    list.items ??= [];
    for (const item of list.items as KubeObject[]) {
      item.apiVersion ??= apiVersion; // servers leave both out in lists
      item.kind ??= info.kind;
    }
    return list;
  }

  async create<R extends ResourceRef>(resource: R, object: DeepPartial<ObjectOf<R>>, signal?: AbortSignal): Promise<ObjectOf<R>> {
    const info = infoOf(resource);
    const { metadata } = object as DeepPartial<KubeObject>;
    const path = resourcePath(info, metadata?.namespace === undefined ? {} : { namespace: metadata.namespace });
    return (await this.#json({ method: 'POST', path, body: typed(info, object), repeatable: false }, signal)) as ObjectOf<R>;
  }

  update<R extends ResourceRef>(resource: R, object: DeepReadonly<ObjectOf<R>>, signal?: AbortSignal): Promise<ObjectOf<R>> {
    return this.#put(resource, object, undefined, signal);
  }

  updateStatus<R extends ResourceRef>(resource: R, object: DeepReadonly<ObjectOf<R>>, signal?: AbortSignal): Promise<ObjectOf<R>> {
    return this.#put(resource, object, 'status', signal);
  }

  async patch<R extends ResourceRef>(
    resource: R,
    key: ObjectKey,
    patch: unknown,
    options: PatchOptions,
    signal?: AbortSignal,
  ): Promise<ObjectOf<R>> {
    const info = infoOf(resource);
    const query = new URLSearchParams();
    const manager = options.fieldManager ?? (options.type === 'apply' ? this.#deps.userAgent.split('/')[0] : undefined);
    if (manager !== undefined) query.set('fieldManager', manager);
    if (options.force !== undefined) query.set('force', String(options.force));
    const body = options.type === 'apply' ? typed(info, patch as object) : patch;
    const call: Call = {
      method: 'PATCH',
      path: withQuery(objectPath(info, key, options.subresource), query),
      body,
      contentType: PATCH_TYPES[options.type],
      repeatable: options.type !== 'json',
    };
    return (await this.#json(call, signal)) as ObjectOf<R>;
  }

  async delete(resource: ResourceRef, key: ObjectKey, options?: DeleteOptions, signal?: AbortSignal): Promise<void> {
    await this.#json({ method: 'DELETE', path: objectPath(infoOf(resource), key), body: deleteBody(options), repeatable: true }, signal);
  }

  async deleteCollection(resource: ResourceRef, selection: ListOptions, options?: DeleteOptions, signal?: AbortSignal): Promise<void> {
    await this.#json(
      { method: 'DELETE', path: collectionPath(infoOf(resource), selection), body: deleteBody(options), repeatable: true },
      signal,
    );
  }

  async createSubresource(
    resource: ResourceRef,
    key: ObjectKey,
    subresource: string,
    body: unknown,
    signal?: AbortSignal,
  ): Promise<unknown> {
    return this.#json({ method: 'POST', path: objectPath(infoOf(resource), key, subresource), body, repeatable: false }, signal);
  }

  async *watch<R extends ResourceRef>(
    resource: R,
    options: WatchOptions,
    signal: AbortSignal,
  ): AsyncGenerator<WatchEvent<ObjectOf<R>>, void, undefined> {
    const path = collectionPath(infoOf(resource), options, true);
    try {
      const response = await this.#call({ method: 'GET', path, repeatable: true, endless: true }, signal, async (answer) => answer);
      yield* decodeWatch<ObjectOf<R>>(response.body);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async raw(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
    return this.#json(
      {
        method,
        path,
        body,
        repeatable: method !== 'POST' && method !== 'PATCH',
        ...(method === 'PATCH' ? { contentType: PATCH_TYPES.merge } : {}),
      },
      signal,
    );
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the client is closed'));
    await this.#transport.close();
  }

  async #put<R extends ResourceRef>(
    resource: R,
    object: DeepReadonly<ObjectOf<R>>,
    subresource: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ObjectOf<R>> {
    const info = infoOf(resource);
    const { namespace, name } = (object as DeepReadonly<KubeObject>).metadata;
    const path = resourcePath(info, {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(subresource === undefined ? {} : { subresource }),
    });
    return (await this.#json({ method: 'PUT', path, body: typed(info, object), repeatable: true }, signal)) as ObjectOf<R>;
  }

  #json(call: Call, signal: AbortSignal | undefined): Promise<unknown> {
    return this.#call(call, signal, async ({ body }) => {
      const text = await body.text();
      return text === '' ? undefined : JSON.parse(text);
    });
  }

  /** Sends until an attempt succeeds or the rules of `retryDelay` give up. `read` belongs to the attempt: a cut body is a failed one. */
  async #call<T>(call: Call, signal: AbortSignal | undefined, read: (response: Response) => Promise<T>): Promise<T> {
    if (signal !== undefined) setMaxListeners(0, signal); // many requests of one caller are no leak
    try {
      return await this.#attempts(call, signal, read);
    } finally {
      this.#reachability.release(call);
    }
  }

  async #attempts<T>(call: Call, signal: AbortSignal | undefined, read: (response: Response) => Promise<T>): Promise<T> {
    const { clock, log, random = Math.random } = this.#deps;
    const request = this.#request(call, signal);
    const startedAt = clock.monotonic();
    for (let attempts = 1; ; attempts++) {
      signal?.throwIfAborted();
      this.#closing.signal.throwIfAborted();
      let failure: Failure | undefined;
      let error: unknown;
      try {
        const response = await this.#transport.send(request);
        this.#reachability.release(call);
        this.#count(call, String(response.statusCode), startedAt);
        if (response.statusCode < 400) return await read(response);
        failure = { code: response.statusCode, retryAfterMs: retryAfterMs(response.headers['retry-after'], clock.now()) };
        error = responseError(response.statusCode, await response.body.text(), call);
      } catch (thrown) {
        signal?.throwIfAborted();
        this.#closing.signal.throwIfAborted();
        this.#count(call, '<error>', startedAt);
        failure = transportFailure(thrown);
        error = thrown;
      }
      const delay =
        failure && retryDelay(failure, { attempts, elapsedMs: clock.monotonic() - startedAt, repeatable: call.repeatable, random });
      if (failure === undefined || delay === undefined) throw error instanceof ApiError ? error : this.#unreachable(call, error);
      log?.debug({ method: call.method, path: call.path, attempts, delayMs: Math.round(delay), err: error }, 'request failed, will retry');
      const unreachable = 'transport' in failure && !failure.arrived;
      if (unreachable && !this.#reachability.mayProbe(call)) await this.#reachability.wait(signal ?? this.#closing.signal);
      else await clock.sleep(delay, signal ?? this.#closing.signal);
    }
  }

  #request({ method, path, body, contentType = 'application/json', endless }: Call, signal: AbortSignal | undefined): TransportRequest {
    const headers: Record<string, string> = { accept: 'application/json', 'user-agent': this.#deps.userAgent };
    if (body !== undefined) headers['content-type'] = contentType;
    const cause = currentCause();
    if (cause !== undefined) headers['kubernetus-cause'] = String(cause);
    return { method, path, headers, body: body === undefined ? undefined : JSON.stringify(body), signal, endless: endless === true };
  }

  #count({ method, endless }: Call, code: string, startedAt: number): void {
    const { host } = this.#transport;
    this.#requests?.inc({ code, method, host });
    if (endless !== true) this.#durations?.observe((this.#deps.clock.monotonic() - startedAt) / 1000, { verb: method, host });
  }

  #unreachable({ method, path }: Call, cause: unknown): Error {
    const { message, code } = cause as NodeJS.ErrnoException;
    const why = message || code || String(cause); // an AggregateError of several addresses has no message
    return Object.assign(new Error(`${method} ${path} at ${this.#transport.host}: ${why}`, { cause }), code === undefined ? {} : { code });
  }
}

function infoOf(resource: ResourceRef): ResourceInfo {
  return typeof resource === 'string' ? resourceInfo(resource) : resource;
}

function objectPath(info: ResourceInfo, key: ObjectKey, subresource?: string): string {
  return resourcePath(info, { ...splitKey(key), ...(subresource === undefined ? {} : { subresource }) });
}

function collectionPath(info: ResourceInfo, { namespace, ...options }: ListOptions & WatchOptions, watch = false): string {
  const query = new URLSearchParams();
  if (watch) query.set('watch', 'true');
  for (const [name, value] of Object.entries(options)) if (value !== undefined && value !== '') query.set(name, String(value));
  return withQuery(resourcePath(info, namespace === undefined ? {} : { namespace }), query);
}

function withQuery(path: string, query: URLSearchParams): string {
  return query.size === 0 ? path : `${path}?${query}`;
}

function typed(info: ResourceInfo, object: object): object {
  return { ...object, apiVersion: groupVersion(info), kind: info.kind };
}

function deleteBody(options: DeleteOptions | undefined): object | undefined {
  return options === undefined ? undefined : { apiVersion: 'v1', kind: 'DeleteOptions', ...options };
}
