import { isQuantity, quantityMilli, quantityValue } from '../../shared/machinery/quantity.ts';

/** Amounts of what nodes have and pods ask for. */
export interface Resources {
  /** Thousandths of a core. */
  cpuMillis: number;
  memoryBytes: number;
  ephemeralBytes: number;
  /** Extended resources and huge pages, in whole units; absent when there are none. */
  scalars?: Readonly<Record<string, number>>;
}

export const NOTHING: Resources = { cpuMillis: 0, memoryBytes: 0, ephemeralBytes: 0 };

/** Reads a `ResourceList`; what cannot be read counts as nothing (the API server has refused it). */
export function readResources(list: Readonly<Record<string, string>> | undefined): Resources {
  if (list === undefined) return NOTHING;
  let cpuMillis = 0;
  let memoryBytes = 0;
  let ephemeralBytes = 0;
  let scalars: Record<string, number> | undefined;
  for (const [name, amount] of Object.entries(list)) {
    if (!isQuantity(amount)) continue;
    if (name === 'cpu') cpuMillis = quantityMilli(amount);
    else if (name === 'memory') memoryBytes = quantityValue(amount);
    else if (name === 'ephemeral-storage') ephemeralBytes = quantityValue(amount);
    else if (name !== 'pods') {
      scalars ??= {};
      scalars[name] = quantityValue(amount);
    }
  }
  return scalars === undefined ? { cpuMillis, memoryBytes, ephemeralBytes } : { cpuMillis, memoryBytes, ephemeralBytes, scalars };
}

/** `sign` 1 adds, -1 takes away. */
export function combine(a: Resources, b: Resources, sign: 1 | -1 = 1): Resources {
  return {
    cpuMillis: a.cpuMillis + sign * b.cpuMillis,
    memoryBytes: a.memoryBytes + sign * b.memoryBytes,
    ephemeralBytes: a.ephemeralBytes + sign * b.ephemeralBytes,
    ...mergeScalars(a, b, (x, y) => x + sign * y),
  };
}

/** The larger of each. */
export function largest(a: Resources, b: Resources): Resources {
  return {
    cpuMillis: Math.max(a.cpuMillis, b.cpuMillis),
    memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
    ephemeralBytes: Math.max(a.ephemeralBytes, b.ephemeralBytes),
    ...mergeScalars(a, b, Math.max),
  };
}

function mergeScalars(a: Resources, b: Resources, merge: (x: number, y: number) => number): { scalars?: Record<string, number> } {
  if (a.scalars === undefined && b.scalars === undefined) return {};
  const names = new Set([...Object.keys(a.scalars ?? {}), ...Object.keys(b.scalars ?? {})]);
  return { scalars: Object.fromEntries([...names].map((name) => [name, merge(a.scalars?.[name] ?? 0, b.scalars?.[name] ?? 0)])) };
}
