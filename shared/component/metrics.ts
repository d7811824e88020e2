import { readdirSync } from 'node:fs';

/** Prometheus metrics of one process, under upstream's names. */
export interface MetricsRegistry {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
  /** Runs `update` before each `render`, for gauges that cost nothing until somebody looks. */
  onScrape(update: () => void): void;
  /** The text exposition format. */
  render(): string;
}
export interface Counter {
  inc(labels?: Record<string, string>, by?: number): void;
}
export interface Gauge {
  set(value: number, labels?: Record<string, string>): void;
}
export interface Histogram {
  observe(value: number, labels?: Record<string, string>): void;
}

type Labels = Readonly<Record<string, string>>;
type Kind = 'counter' | 'gauge' | 'histogram';
interface Series {
  labels: string;
  value: number;
  /** Of histograms: observations a bucket, the last one above all bounds. */
  buckets?: number[];
}

/** An empty registry of the process's metrics; those of Node are read when somebody scrapes. */
export function createMetricsRegistry(): MetricsRegistry {
  const families = new Map<string, Family>();
  const updates: (() => void)[] = [];
  const family = (kind: Kind, name: string, help: string, labels: readonly string[], bounds: readonly number[] = []): Family => {
    const known = families.get(name);
    if (known !== undefined) {
      if (known.kind !== kind) throw new Error(`metric ${JSON.stringify(name)} is a ${known.kind}, not a ${kind}`);
      return known;
    }
    const made = new Family(kind, name, help, labels, bounds);
    families.set(name, made);
    return made;
  };
  const registry: MetricsRegistry = {
    counter: (name, help, labels = []): Counter => family('counter', name, help, labels),
    gauge: (name, help, labels = []): Gauge => family('gauge', name, help, labels),
    histogram: (name, help, buckets, labels = []): Histogram => family('histogram', name, help, labels, buckets),
    onScrape: (update) => void updates.push(update),
    render: () => {
      for (const update of updates) update();
      return [...families.values()].map((one) => one.render()).join('');
    },
  };
  addProcessMetrics(registry);
  return registry;
}

/** All series of one name. A sample without labels costs one map look-up. */
class Family implements Counter, Gauge, Histogram {
  readonly kind: Kind;
  readonly #name: string;
  readonly #help: string;
  readonly #labels: readonly string[];
  readonly #bounds: readonly number[];
  readonly #series = new Map<string, Series>();

  constructor(kind: Kind, name: string, help: string, labels: readonly string[], bounds: readonly number[]) {
    this.kind = kind;
    this.#name = name;
    this.#help = help;
    this.#labels = labels;
    this.#bounds = bounds;
    if (labels.length === 0) this.#at({});
  }

  inc(labels: Labels = {}, by = 1): void {
    this.#at(labels).value += by;
  }

  set(value: number, labels: Labels = {}): void {
    this.#at(labels).value = value;
  }

  observe(value: number, labels: Labels = {}): void {
    const series = this.#at(labels);
    series.value += value;
    const bound = this.#bounds.findIndex((upper) => value <= upper);
    const index = bound < 0 ? this.#bounds.length : bound;
    if (series.buckets !== undefined) series.buckets[index] = (series.buckets[index] ?? 0) + 1;
  }

  render(): string {
    if (this.#series.size === 0) return '';
    const lines = [`# HELP ${this.#name} ${escaped(this.#help, /[\\\n]/g)}`, `# TYPE ${this.#name} ${this.kind}`];
    for (const series of this.#series.values()) {
      if (series.buckets === undefined) lines.push(`${this.#name}${braced(series.labels)} ${number(series.value)}`);
      else this.#renderHistogram(series.labels, series.value, series.buckets, lines);
    }
    return `${lines.join('\n')}\n`;
  }

  #renderHistogram(labels: string, sum: number, buckets: readonly number[], lines: string[]): void {
    const prefix = labels === '' ? '' : `${labels},`;
    let count = 0;
    for (const [index, inBucket] of buckets.entries()) {
      count += inBucket;
      lines.push(`${this.#name}_bucket{${prefix}le="${number(this.#bounds[index] ?? Number.POSITIVE_INFINITY)}"} ${count}`);
    }
    lines.push(`${this.#name}_sum${braced(labels)} ${number(sum)}`, `${this.#name}_count${braced(labels)} ${count}`);
  }

  #at(labels: Labels): Series {
    let id = '';
    for (const name of this.#labels) id += `${labels[name] ?? ''}\0`;
    let series = this.#series.get(id);
    if (series === undefined) {
      const text = this.#labels.map((name) => `${name}="${escaped(labels[name] ?? '', /[\\"\n]/g)}"`).join(',');
      series = {
        labels: text,
        value: 0,
        ...(this.kind === 'histogram' ? { buckets: new Array<number>(this.#bounds.length + 1).fill(0) } : {}),
      };
      this.#series.set(id, series);
    }
    return series;
  }
}

function addProcessMetrics(registry: MetricsRegistry): void {
  const gauge = (name: string, help: string): ((value: number) => void) => {
    const made = registry.gauge(name, help);
    return (value) => made.set(value);
  };
  const cpu = registry.counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.');
  const resident = gauge('process_resident_memory_bytes', 'Resident memory size in bytes.');
  const heapUsed = gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.');
  const heapTotal = gauge('nodejs_heap_size_total_bytes', 'Process heap size from Node.js in bytes.');
  const external = gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.');
  const utilization = gauge('nodejs_eventloop_utilization', 'Share of time the event loop was busy since the last scrape.');
  const files = gauge('process_open_fds', 'Number of open file descriptors.');
  gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.')(performance.timeOrigin / 1000);
  let cpuSeconds = 0;
  let loop = performance.eventLoopUtilization();
  registry.onScrape(() => {
    const { user, system } = process.cpuUsage();
    cpu.inc({}, (user + system) / 1e6 - cpuSeconds);
    cpuSeconds = (user + system) / 1e6;
    const memory = process.memoryUsage();
    resident(memory.rss);
    heapUsed(memory.heapUsed);
    heapTotal(memory.heapTotal);
    external(memory.external);
    const now = performance.eventLoopUtilization();
    utilization(performance.eventLoopUtilization(now, loop).utilization);
    loop = now;
    files(openFiles());
  });
}

function openFiles(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0; // no /proc on this system
  }
}

function braced(labels: string): string {
  return labels === '' ? '' : `{${labels}}`;
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
}

function escaped(text: string, special: RegExp): string {
  return text.replaceAll(special, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
