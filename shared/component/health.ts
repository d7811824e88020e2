/** Named checks behind `/healthz /livez /readyz`, as upstream's components serve them (`?verbose` lists them). */
export interface HealthRegistry {
  /** `check` returns undefined when fine, else why not. */
  add(name: string, check: () => string | undefined, kinds?: readonly ('livez' | 'readyz')[]): void;
}

export type HealthKind = 'healthz' | 'livez' | 'readyz';
type Check = () => string | undefined;

/** A registry that can also answer for its checks. */
export interface HealthChecks extends HealthRegistry {
  /** The names of the checks behind `kind`, in the order they were added. */
  names(kind: HealthKind): string[];
  /** Why the named check fails, undefined if it does not. */
  failure(name: string): string | undefined;
}

/** Has the check `ping`, as upstream's servers do. A check added again replaces the earlier one; `healthz` has all checks. */
export function createHealthRegistry(): HealthChecks {
  const checks = new Map<string, { check: Check; kinds: readonly HealthKind[] }>();
  checks.set('ping', { check: () => undefined, kinds: ['livez', 'readyz'] });
  return {
    add: (name, check, kinds = ['livez', 'readyz']) => void checks.set(name, { check, kinds }),
    names: (kind) => [...checks].filter(([, { kinds }]) => kind === 'healthz' || kinds.includes(kind)).map(([name]) => name),
    failure: (name) => {
      try {
        return checks.get(name)?.check();
      } catch (error) {
        return String(error);
      }
    },
  };
}

export interface HealthAnswer {
  code: 200 | 404 | 500;
  body: string;
}

/**
 * What `/healthz`, `/livez/ping?verbose` or the like answers, in upstream's text; undefined for other paths. Why a check fails is withheld from
 * the answer: the endpoints are open. Source: apiserver server/healthz.
 */
export function answerHealth(checks: HealthChecks, path: string, query: URLSearchParams): HealthAnswer | undefined {
  const match = /^\/(healthz|livez|readyz)(?:\/(.+))?\/?$/.exec(path);
  if (match === null) return undefined;
  const kind = match[1] as HealthKind;
  const names = checks.names(kind);
  const only = match[2];
  if (only !== undefined) {
    if (!names.includes(only)) return { code: 404, body: '404 page not found\n' };
    const failure = checks.failure(only);
    return failure === undefined ? { code: 200, body: 'ok' } : { code: 500, body: `internal server error: ${failure}\n` };
  }
  const excluded = new Set(query.getAll('exclude').flatMap((value) => value.split(',')));
  const lines: string[] = [];
  let failed = false;
  for (const name of names) {
    if (excluded.delete(name)) lines.push(`[+]${name} excluded: ok`);
    else if (checks.failure(name) === undefined) lines.push(`[+]${name} ok`);
    else {
      failed = true;
      lines.push(`[-]${name} failed: reason withheld`);
    }
  }
  if (excluded.size > 0)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${[...excluded].map((name) => JSON.stringify(name)).join(', ')}`,
    );
  if (failed) return { code: 500, body: `${lines.join('\n')}\n${kind} check failed\n` };
  return { code: 200, body: query.has('verbose') ? `${lines.join('\n')}\n${kind} check passed\n` : 'ok' };
}
