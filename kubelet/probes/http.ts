import type { Clock } from '../../shared/machinery/clock.ts';
import { type HttpTarget, httpGet } from './http-get.ts';
import type { ProbeOutcome } from './probe.ts';

/** Healthy from 200 to 399. Source: kubernetes pkg/probe/http DoHTTPProbe. */
export async function probeHttp(target: HttpTarget, timeoutMs: number, clock: Clock): Promise<ProbeOutcome> {
  try {
    const { statusCode, body } = await httpGet(target, timeoutMs, clock);
    if (statusCode < 200 || statusCode >= 400) return { result: 'failure', message: `HTTP probe failed with statuscode: ${statusCode}` };
    if (statusCode >= 300) return { result: 'warning', message: `Probe terminated redirects, Response body: ${body}` };
    return { result: 'success', message: body };
  } catch (error) {
    return { result: 'failure', message: error instanceof Error ? error.message : String(error) };
  }
}
