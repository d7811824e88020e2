import type { DeepReadonly, KubeObject } from '../api/meta.ts';

/**
 * Writes Kubernetes Events in the background; never throws, never blocks, counts what it dropped. Repeated events become one with a
 * count, floods are limited per object. Source: client-go tools/record EventCorrelator (25 burst, one refill in 5 min; 10 similar in 10 min).
 */
export interface EventRecorder {
  event(
    object: DeepReadonly<KubeObject>,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    options?: { fieldPath?: string; action?: string },
  ): void;
  /** Sends what is pending; settles when it is sent or `signal` aborts. */
  flush(signal: AbortSignal): Promise<void>;
}
