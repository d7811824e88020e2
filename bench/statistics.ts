/** Median and 99th percentile of samples, rounded to two digits. */
export function summary(samples: readonly number[]): { median: number; p99: number } {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (share: number): number => round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
  return { median: at(0.5), p99: at(0.99) };
}

export function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Runs `work` for each index below `count`, at most `parallel` at a time; the wall time in ms and each call's. */
export async function load(
  count: number,
  parallel: number,
  work: (index: number) => Promise<unknown>,
): Promise<{ wallMs: number; eachMs: number[] }> {
  const eachMs: number[] = [];
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      for (let index = next++; index < count; index = next++) {
        const at = performance.now();
        await work(index);
        eachMs.push(performance.now() - at);
      }
    }),
  );
  return { wallMs: performance.now() - started, eachMs };
}
