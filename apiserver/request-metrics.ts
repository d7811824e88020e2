import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MetricsRegistry } from '../shared/component/metrics.ts';
import { attributesOf } from './auth/authorize.ts';
import type { RequestFacts } from './server.ts';

const LABELS = ['verb', 'group', 'version', 'resource', 'subresource', 'scope'] as const;
/** Seconds. A choice of upstream's. */
const DURATIONS = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 5, 10, 30, 60];
const STREAMING = new Set(['exec', 'attach', 'portforward', 'log', 'proxy']);
const READING = new Set(['get', 'list', 'watch']);

type Sample = Record<(typeof LABELS)[number], string>;

/** Counts the requests that were let in, from then until their answers end, under upstream's metrics. Source: apiserver endpoints/metrics. */
export function requestMetrics(metrics: MetricsRegistry): (request: FastifyRequest, reply: FastifyReply) => void {
  const total = metrics.counter('apiserver_request_total', 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.', [
    ...LABELS, 'code',
  ]); // biome-ignore format: the help text is upstream's
  const duration = metrics.histogram('apiserver_request_duration_seconds', 'Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.', DURATIONS, LABELS); // biome-ignore format: the help text is upstream's
  const inFlight = metrics.gauge('apiserver_current_inflight_requests', 'Number of currently used inflight request limit of this apiserver per request kind.', ['request_kind']); // biome-ignore format: the help text is upstream's
  const longRunning = metrics.gauge('apiserver_longrunning_requests', 'Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component.', LABELS); // biome-ignore format: the help text is upstream's
  const now = { mutating: 0, readOnly: 0 };
  const open = new Map<string, { sample: Sample; count: number }>();
  metrics.onScrape(() => {
    for (const kind of ['mutating', 'readOnly'] as const) inFlight.set(now[kind], { request_kind: kind });
    for (const { sample, count } of open.values()) longRunning.set(count, sample);
  });
  return (request, reply) => {
    const { kube } = request;
    if (kube.info === undefined) return;
    const sample = sampleOf(request.method, kube, kube.info);
    const long = sample.verb === 'WATCH' || STREAMING.has(sample.subresource);
    const kind = READING.has(sample.verb.toLowerCase()) ? 'readOnly' : 'mutating';
    const series = long ? seriesOf(open, sample) : undefined;
    if (series === undefined) now[kind]++;
    else series.count++;
    reply.raw.once('close', () => {
      total.inc({ ...sample, code: String(reply.raw.statusCode) });
      if (series !== undefined) series.count--;
      else {
        now[kind]--;
        duration.observe(reply.elapsedTime / 1000, sample);
      }
    });
  };
}

function sampleOf(method: string, { path, query }: RequestFacts, info: NonNullable<RequestFacts['info']>): Sample {
  const { group, version, plural: resource, subresource, name, namespace } = info;
  const verb = attributesOf(method, path, info, query).verb.toUpperCase();
  return { verb, group, version, resource, subresource, scope: name !== '' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster' };
}

function seriesOf(open: Map<string, { sample: Sample; count: number }>, sample: Sample): { sample: Sample; count: number } {
  const id = Object.values(sample).join('/');
  const series = open.get(id) ?? { sample, count: 0 };
  open.set(id, series);
  return series;
}
