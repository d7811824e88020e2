import type { Pod, PodStatus } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { ApiClient } from '../../shared/client/api-client.ts';
import type { Logger } from '../../shared/component/logging.ts';
import { isConflict, isNotFound } from '../../shared/machinery/api-error.ts';
import { Backoff } from '../../shared/machinery/backoff.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { keyOf } from '../../shared/machinery/object-key.ts';
import { statusPatch } from './status-patch.ts';

/**
 * Writes one pod's status, at once and only what changed; while a write is under way the latest waits and overtakes all before it.
 * Failures are retried with back-off until `signal` aborts; a pod that is gone, or is another one by now, is left alone.
 */
export class StatusWriter {
  readonly #client: ApiClient;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #signal: AbortSignal;
  /** The newer of what the informer and our own last write say. */
  #known: DeepReadonly<Pod>;
  #wanted: PodStatus | undefined;
  /** Accepted by the server: not sent again, also where the server keeps something else. */
  #written: PodStatus | undefined;
  #writing: Promise<void> | undefined;
  #gone = false;

  constructor(pod: DeepReadonly<Pod>, options: { client: ApiClient; clock: Clock; log: Logger; signal: AbortSignal }) {
    this.#known = pod;
    this.#client = options.client;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#signal = options.signal;
  }

  /** The pod as the informer has it now. */
  observe(pod: DeepReadonly<Pod>): void {
    if (Number(pod.metadata.resourceVersion) >= Number(this.#known.metadata.resourceVersion)) this.#known = pod;
  }

  /** The newest status that the API is known to hold. */
  get known(): DeepReadonly<Pod> {
    return this.#known;
  }

  set(status: PodStatus): void {
    this.#wanted = status;
    this.#start();
  }

  #start(): void {
    if (this.#writing !== undefined || this.#gone || this.#signal.aborted || this.#wanted === undefined || this.#wanted === this.#written)
      return;
    if (statusPatch(this.#known.status ?? {}, this.#wanted) === undefined) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = undefined;
      this.#start(); // one set just as the last write ended
    });
  }

  /** Resolves once the last `set` was written, or the pod is gone, or `signal` aborted. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    const backoff = new Backoff({ initialMs: 50, maxMs: 5_000 });
    while (!this.#gone && !this.#signal.aborted && this.#wanted !== this.#written) {
      const wanted = this.#wanted ?? {};
      const patch = statusPatch(this.#known.status ?? {}, wanted);
      if (patch === undefined) return;
      const { uid } = this.#known.metadata;
      try {
        this.observe(
          await this.#client.patch(
            'pods',
            keyOf(this.#known),
            { metadata: { uid }, status: patch },
            { type: 'strategic', subresource: 'status' },
            this.#signal,
          ),
        );
        this.#written = wanted;
        backoff.reset();
      } catch (err) {
        if (this.#signal.aborted) return;
        if (isNotFound(err) || (isConflict(err) && (await this.#replaced(uid)))) this.#gone = true;
        else {
          this.#log.warn({ err, object: `pods/${keyOf(this.#known)}` }, 'pod status not written, will retry');
          await backoff.wait(this.#clock, this.#signal);
        }
      }
    }
  }

  /** Whether another pod has the name by now. */
  async #replaced(uid: string): Promise<boolean> {
    try {
      const now = await this.#client.get('pods', keyOf(this.#known), this.#signal);
      if (now.metadata.uid !== uid) return true;
      this.observe(now);
      return false;
    } catch (error) {
      return isNotFound(error);
    }
  }
}
