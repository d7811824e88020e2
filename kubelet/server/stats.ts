import { cpus, freemem, totalmem, uptime } from 'node:os';
import type { Clock } from '../../shared/machinery/clock.ts';
import { timestamp } from '../../shared/machinery/clock.ts';
import type { RuntimeDriver } from '../runtime/driver.ts';

interface Usage {
  /** ms since the epoch. */
  at: number;
  cpuNanos: number;
  memoryBytes: number;
  /** Mean since the sample before, 1e9 is a core. */
  nanoCores: number;
}

interface PodUsage {
  namespace: string;
  name: string;
  uid: string;
  containers: (Usage & { id: string; name: string; startedAt: number })[];
}

/** What the node and its containers use: `/stats/summary`, `/metrics/resource`. Rates are over the time since the call before. */
export class ResourceStats {
  readonly #driver: RuntimeDriver;
  readonly #clock: Clock;
  readonly #nodeName: string;
  #last = new Map<string, Usage>();

  constructor({ driver, clock, nodeName }: { driver: RuntimeDriver; clock: Clock; nodeName: string }) {
    this.#driver = driver;
    this.#clock = clock;
    this.#nodeName = nodeName;
  }

  /** Source: kubelet stats/v1alpha1 Summary. */
  async summary(): Promise<object> {
    const { node, pods } = await this.#sample();
    const cpu = (usage: Usage): object => ({
      time: timestamp(usage.at),
      usageNanoCores: Math.round(usage.nanoCores),
      usageCoreNanoSeconds: Math.round(usage.cpuNanos),
    });
    const memory = (usage: Usage): object => ({
      time: timestamp(usage.at),
      usageBytes: usage.memoryBytes,
      workingSetBytes: usage.memoryBytes,
      rssBytes: usage.memoryBytes,
    });
    return {
      node: {
        nodeName: this.#nodeName,
        startTime: timestamp(node.at - uptime() * 1_000),
        cpu: cpu(node),
        memory: { ...memory(node), availableBytes: freemem() },
      },
      pods: pods.map(({ namespace, name, uid, containers }) => {
        const all = total(containers, node.at);
        return {
          podRef: { name, namespace, uid },
          startTime: timestamp(Math.min(...containers.map(({ startedAt }) => startedAt))),
          containers: containers.map((usage) => ({
            name: usage.name,
            startTime: timestamp(usage.startedAt),
            cpu: cpu(usage),
            memory: memory(usage),
          })),
          cpu: cpu(all),
          memory: memory(all),
        };
      }),
    };
  }

  /** Prometheus text. Source: kubelet metrics/collectors resource_metrics.go. */
  async resourceMetrics(): Promise<string> {
    const { node, pods } = await this.#sample();
    const families: Record<string, [help: string, type: 'counter' | 'gauge', lines: string[]]> = {
      container_cpu_usage_seconds_total: ['Cumulative cpu time consumed by the container in core-seconds', 'counter', []],
      container_memory_working_set_bytes: ['Current working set of the container in bytes', 'gauge', []],
      container_start_time_seconds: ['Start time of the container since unix epoch in seconds', 'gauge', []],
      node_cpu_usage_seconds_total: ['Cumulative cpu time consumed by the node in core-seconds', 'counter', []],
      node_memory_working_set_bytes: ['Current working set of the node in bytes', 'gauge', []],
      pod_cpu_usage_seconds_total: ['Cumulative cpu time consumed by the pod in core-seconds', 'counter', []],
      pod_memory_working_set_bytes: ['Current working set of the pod in bytes', 'gauge', []],
      resource_scrape_error: ['1 if there was an error while getting container metrics, 0 otherwise', 'gauge', ['resource_scrape_error 0']],
    };
    const add = (name: string, labels: Record<string, string>, value: number, at: number): void => {
      const text = Object.entries(labels).map(([label, of]) => `${label}=${JSON.stringify(of)}`);
      families[name]?.[2].push(`${name}${text.length === 0 ? '' : `{${text.join(',')}}`} ${value} ${Math.round(at)}`);
    };
    add('node_cpu_usage_seconds_total', {}, node.cpuNanos / 1e9, node.at);
    add('node_memory_working_set_bytes', {}, node.memoryBytes, node.at);
    for (const { namespace, name: pod, containers } of pods) {
      for (const { name: container, cpuNanos, memoryBytes, startedAt, at } of containers) {
        add('container_cpu_usage_seconds_total', { container, namespace, pod }, cpuNanos / 1e9, at);
        add('container_memory_working_set_bytes', { container, namespace, pod }, memoryBytes, at);
        add('container_start_time_seconds', { container, namespace, pod }, startedAt / 1_000, at);
      }
      const all = total(containers, node.at);
      add('pod_cpu_usage_seconds_total', { namespace, pod }, all.cpuNanos / 1e9, all.at);
      add('pod_memory_working_set_bytes', { namespace, pod }, all.memoryBytes, all.at);
    }
    return Object.entries(families)
      .filter(([, [, , lines]]) => lines.length > 0)
      .map(([name, [help, type, lines]]) => `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`)
      .join('');
  }

  async #sample(): Promise<{ node: Usage; pods: PodUsage[] }> {
    const seen = new Map<string, Usage>();
    const at = this.#clock.now();
    const rated = (key: string, cpuNanos: number, memoryBytes: number, since: number): Usage => {
      const before = this.#last.get(key) ?? { at: since, cpuNanos: 0, nanoCores: 0 };
      const seconds = (at - before.at) / 1_000;
      const nanoCores = seconds < 0.1 ? before.nanoCores : Math.max(0, cpuNanos - before.cpuNanos) / seconds;
      const usage = { at, cpuNanos, memoryBytes, nanoCores };
      seen.set(key, seconds < 0.1 && this.#last.has(key) ? { ...usage, at: before.at, cpuNanos: before.cpuNanos } : usage);
      return usage;
    };
    const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
    const node = rated('', busyMs * 1e6, totalmem() - freemem(), at - uptime() * 1_000);
    const pods: PodUsage[] = [];
    for (const { namespace, name, podUid: uid, containers } of await this.#driver.list()) {
      const running = containers.filter(({ state }) => state === 'running');
      const usages = await Promise.all(
        running.map(async ({ id, name: container, startedAt }) => {
          const stats = await this.#driver.stats(id).catch(() => undefined); // it ended just now
          return stats === undefined ? [] : { ...rated(id, stats.cpuNanos, stats.memoryBytes, startedAt), id, name: container, startedAt };
        }),
      );
      if (usages.flat().length > 0) pods.push({ namespace, name, uid, containers: usages.flat() });
    }
    this.#last = seen;
    return { node, pods };
  }
}

function total(usages: readonly Usage[], at: number): Usage {
  const sum = (of: (usage: Usage) => number): number => usages.reduce((value, usage) => value + of(usage), 0);
  return { at, cpuNanos: sum((u) => u.cpuNanos), memoryBytes: sum((u) => u.memoryBytes), nanoCores: sum((u) => u.nanoCores) };
}
