/** `warning` counts as a success that is told as an event; `unknown` is a probe that could not be made. */
export type ProbeResult = 'success' | 'warning' | 'failure' | 'unknown';

export interface ProbeOutcome {
  result: ProbeResult;
  /** What the `Unhealthy` event says after `Readiness probe failed: `. */
  message: string;
}

export type ProbeKind = 'Liveness' | 'Readiness' | 'Startup';

/** Most of a body or an output that is kept, bytes. Source: kubernetes pkg/probe maxRespBodyLength, exec maxReadLength. */
export const MAX_OUTPUT_BYTES = 10 * 1024;

/** Upstream's `kube-probe/<major>.<minor>`. */
export function probeUserAgent(version: string): string {
  return `kube-probe/${/^v?(\d+\.\d+)/.exec(version)?.[1] ?? version}`;
}
