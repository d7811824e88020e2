import type { Container, LifecycleHandler } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import type { Clock } from '../../shared/machinery/clock.ts';
import { runInContainer } from '../probes/exec.ts';
import { httpGet } from '../probes/http-get.ts';
import { resolvePort } from '../probes/port.ts';
import type { ContainerId, RuntimeDriver } from '../runtime/driver.ts';

/** Nothing limits an HTTP hook but the caller's signal; this only bounds what is kept open, ms. */
const HTTP_TIMEOUT_MS = 600_000;

export interface HookTarget {
  id: ContainerId;
  container: DeepReadonly<Container>;
  podIP: string;
}

/** Runs postStart and preStop handlers. Source: kubernetes pkg/kubelet/lifecycle/handlers.go. */
export class HookRunner {
  readonly #driver: RuntimeDriver;
  readonly #clock: Clock;
  readonly #userAgent: string;
  constructor(options: { driver: RuntimeDriver; clock: Clock; userAgent: string }) {
    this.#driver = options.driver;
    this.#clock = options.clock;
    this.#userAgent = options.userAgent;
  }

  /** Undefined on success, else what went wrong. Returns early when `signal` aborts. */
  async run(handler: DeepReadonly<LifecycleHandler>, target: HookTarget, signal: AbortSignal): Promise<string | undefined> {
    try {
      if (handler.exec !== undefined) return await this.#exec(handler.exec.command ?? [], target, signal);
      if (handler.httpGet !== undefined) return await abortable(this.#http(handler.httpGet, target), signal);
      if (handler.sleep !== undefined) await this.#clock.sleep(handler.sleep.seconds * 1000, signal);
      return undefined; // tcpSocket is accepted and does nothing, as upstream
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async #exec(command: readonly string[], { id, container }: HookTarget, signal: AbortSignal): Promise<string | undefined> {
    const { exitCode, output } = await runInContainer(this.#driver, id, command, signal);
    if (exitCode === 0) return undefined;
    return `Exec lifecycle hook (${JSON.stringify(command)}) for Container ${JSON.stringify(container.name)} failed - error: command exited with ${exitCode}, message: ${JSON.stringify(output)}`;
  }

  async #http(get: NonNullable<DeepReadonly<LifecycleHandler>['httpGet']>, { container, podIP }: HookTarget): Promise<string | undefined> {
    const host = get.host === undefined || get.host === '' ? podIP : get.host;
    const port = get.port === '' ? 80 : resolvePort(get.port, container);
    const { statusCode } = await httpGet(
      { scheme: get.scheme ?? 'HTTP', host, port, path: get.path ?? '/', headers: get.httpHeaders ?? [], userAgent: this.#userAgent },
      HTTP_TIMEOUT_MS,
      this.#clock,
    );
    return statusCode >= 200 && statusCode < 400 ? undefined : `HTTP lifecycle hook failed with statuscode: ${statusCode}`;
  }
}

function abortable(work: Promise<string | undefined>, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const stop = (): void => resolve('interrupted');
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
