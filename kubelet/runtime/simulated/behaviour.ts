/** What a simulated container does, as the pod's author asks for it; times in ms. */
export interface Behaviour {
  /** Between the call to start it and its being `running`. */
  startAfterMs: number;
  /** Between its start and its end; undefined: it runs until it is stopped. */
  exitAfterMs: number | undefined;
  exitCode: number;
  /** Its termination message. */
  message: string;
  /** It cannot be started, for this reason. */
  startError: string | undefined;
  /** It outlives SIGTERM and must be killed. */
  ignoresTerm: boolean;
}

/** For all containers of a pod: `kubernetus.dev/simulate`, for one: `simulate.kubernetus.dev/<container>`; a JSON object. */
const ALL = 'kubernetus.dev/simulate';
const ONE = 'simulate.kubernetus.dev/';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads `{"startAfter":"1s","exitAfter":"5s","exitCode":1,"message":"…","startError":"…","ignoresTerm":true}` from annotations.
 * Unknown fields and unreadable values count as not given: a pod's annotation never stops a node.
 */
export function behaviourOf(container: string, ...annotations: readonly Readonly<Record<string, string>>[]): Behaviour {
  const given: Record<string, unknown> = {};
  for (const key of [ALL, ONE + container]) for (const from of annotations) Object.assign(given, parse(from[key]));
  const text = (field: string): string | undefined => (typeof given[field] === 'string' ? given[field] : undefined);
  return {
    startAfterMs: duration(text('startAfter')) ?? 0,
    exitAfterMs: duration(text('exitAfter')),
    exitCode: typeof given.exitCode === 'number' ? given.exitCode : 0,
    message: text('message') ?? '',
    startError: text('startError'),
    ignoresTerm: given.ignoresTerm === true,
  };
}

function parse(json: string | undefined): object {
  try {
    const value: unknown = JSON.parse(json ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Go's notation cut to sums of units: `1m30s`, `250ms`. */
function duration(text: string | undefined): number | undefined {
  if (text === undefined || !/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) ms += Number(amount) * (UNITS[unit ?? ''] ?? 0);
  return ms;
}
