/** Repeats `check` until it neither throws nor returns false; after `withinMs` fails with its last error. For real processes and sockets only. */
export async function eventually(
  check: () => unknown,
  { withinMs = 5_000, everyMs = 10 }: { withinMs?: number; everyMs?: number } = {},
): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    let failure: unknown = new Error(`not true within ${withinMs} ms`);
    try {
      if ((await check()) !== false) return;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > until) throw failure;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
