/** Named checks behind `/healthz /livez /readyz`, as upstream's components serve them (`?verbose` lists them). */
export interface HealthRegistry {
  /** `check` returns undefined when fine, else why not. */
  add(name: string, check: () => string | undefined, kinds?: readonly ('livez' | 'readyz')[]): void;
}
