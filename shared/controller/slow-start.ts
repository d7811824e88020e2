/**
 * Runs `start` `count` times in batches of 1, 2, 4, …, and stops after the first batch in which one failed: a quota or an admission plugin that
 * refuses one will refuse all. Resolves with how many succeeded and the first error. Source: pkg/controller slowStartBatch.
 */
export async function slowStart(count: number, start: (index: number) => Promise<unknown>): Promise<{ succeeded: number; error: unknown }> {
  let succeeded = 0;
  for (let done = 0, batch = 1; done < count; done += batch, batch *= 2) {
    const indexes = Array.from({ length: Math.min(batch, count - done) }, (_, i) => done + i);
    const results = await Promise.allSettled(indexes.map((index) => start(index)));
    succeeded += results.filter(({ status }) => status === 'fulfilled').length;
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) return { succeeded, error: failed.reason };
  }
  return { succeeded, error: undefined };
}
