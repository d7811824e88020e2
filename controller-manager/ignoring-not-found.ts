import { isNotFound } from '../shared/machinery/api-error.ts';

/** Awaits a write for which an object that is gone is as good as a success. */
export async function ignoringNotFound(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
