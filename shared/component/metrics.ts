/** Prometheus metrics of one process, under upstream's names. */
export interface MetricsRegistry {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
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
