import { linkedAbort } from '../client/linked-abort.ts';

/** One part of a component: settles once `signal` aborted and all it started has stopped. */
export type Task = (signal: AbortSignal) => Promise<void>;

/** Runs tasks side by side. The first that throws stops the others; its error is thrown again when all have settled. */
export async function runTasks(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const stop = linkedAbort(signal);
  let failure: { error: unknown } | undefined;
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return; // what fails while it is stopped has stopped
        failure = { error };
        stop.abort(error);
      }
    }),
  );
  stop.unlink();
  if (failure !== undefined) throw failure.error;
}

/** Resolves when `signal` aborts. */
export function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
