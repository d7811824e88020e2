import type { ContainerId, ContainerStats, ExecStreams, RuntimeDriver, SandboxId, SandboxStatus } from '../runtime/driver.ts';
import { RuntimeError } from '../runtime/driver.ts';

/** Many drivers as one, for those who read and enter containers: the API of a process with many nodes. It makes and ends nothing. */
export class DriverGroup implements RuntimeDriver {
  readonly name: string;
  readonly version: string;
  readonly #drivers: readonly RuntimeDriver[];

  constructor(drivers: readonly RuntimeDriver[]) {
    this.#drivers = drivers;
    this.name = drivers[0]?.name ?? '';
    this.version = drivers[0]?.version ?? '';
  }

  async list(): Promise<SandboxStatus[]> {
    return (await Promise.all(this.#drivers.map((driver) => driver.list()))).flat();
  }
  async exec(id: ContainerId, command: readonly string[], streams: ExecStreams, signal: AbortSignal): Promise<{ exitCode: number }> {
    return (await this.#owner(id)).exec(id, command, streams, signal);
  }
  async attach(id: ContainerId, streams: ExecStreams, signal: AbortSignal): Promise<void> {
    return (await this.#owner(id)).attach(id, streams, signal);
  }
  async stats(id: ContainerId): Promise<ContainerStats> {
    return (await this.#owner(id)).stats(id);
  }

  runSandbox = readOnly;
  createContainer = readOnly;
  startContainer = readOnly;
  stopContainer = readOnly;
  removeContainer = readOnly;
  stopSandbox = readOnly;
  removeSandbox = readOnly;
  /** Gives no hints. */
  async *changes(signal: AbortSignal): AsyncGenerator<SandboxId> {
    if (!signal.aborted) await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  async close(): Promise<void> {}

  async #owner(id: ContainerId): Promise<RuntimeDriver> {
    for (const driver of this.#drivers) {
      const sandboxes = await driver.list();
      if (sandboxes.some(({ containers }) => containers.some((container) => container.id === id))) return driver;
    }
    throw new RuntimeError('NotFound', `container "${id}" not found`);
  }
}

async function readOnly(): Promise<never> {
  throw new RuntimeError('Unsupported', 'a group of runtimes starts and ends nothing');
}
