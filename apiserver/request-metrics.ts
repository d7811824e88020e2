import type { FastifyRequest } from 'fastify';
import type { MetricsRegistry } from '../shared/component/metrics.ts';
import { attributesOf } from './auth/authorize.ts';

const NO_QUERY = new URLSearchParams();

/** Counts every answered request under upstream's metric. Source: apiserver endpoints/metrics. */
export function requestMetrics(metrics: MetricsRegistry): (request: FastifyRequest, code: number) => void {
  const total = metrics.counter('apiserver_request_total', 'Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.', [
    'verb', 'group', 'version', 'resource', 'subresource', 'scope', 'code',
  ]); // biome-ignore format: the help text is upstream's
  return (request, code) => {
    const facts: FastifyRequest['kube'] | null = request.kube;
    const info = facts?.info;
    if (facts === null || info === undefined) return;
    const { verb } = attributesOf(request.method, facts.path, info, facts.query ?? NO_QUERY);
    const scope = info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster';
    const { group, version, plural: resource, subresource } = info;
    total.inc({ verb: verb.toUpperCase(), group, version, resource, subresource, scope, code: String(code) });
  };
}
