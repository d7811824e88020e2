/** What the client needs of a logger; `shared/component/logging.ts` makes one. */
export interface ClientLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

type Labels = Record<string, string>;

/** What the client needs of a metrics registry; `shared/component/metrics.ts` describes the whole one. */
export interface ClientMetrics {
  counter(name: string, help: string, labels?: readonly string[]): { inc(labels?: Labels, by?: number): void };
  gauge(name: string, help: string, labels?: readonly string[]): { set(value: number, labels?: Labels): void };
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly string[],
  ): { observe(value: number, labels?: Labels): void };
  /** Runs `update` before each scrape, for gauges that cost nothing until somebody looks. */
  onScrape(update: () => void): void;
}
