import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Pod, Service } from '../../shared/api/generated/core-v1.ts';
import type { EndpointSlice } from '../../shared/api/generated/discovery-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { resourceInfo } from '../../shared/api/scheme.ts';
import { badRequest, failure, notFound } from '../../shared/machinery/api-error.ts';
import { bodyOf, type Call } from './call.ts';
import type { NodeProxyDeps } from './node-proxy.ts';

interface Target {
  scheme: 'http' | 'https';
  host: string;
  port: number;
}

/** Belong to one connection and are not passed on. */
const HOP_BY_HOP = /^(?:connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|host|authorization|content-length)$/i;

/** `…/nodes|pods|services/[SCHEME:]NAME[:PORT]/proxy/PATH`: any HTTP request, passed on to the thing itself. */
export async function httpProxy(call: Call, deps: NodeProxyDeps): Promise<unknown> {
  const { request, reply, info } = call;
  const url = request.raw.url ?? '';
  const mark = url.indexOf('?');
  const path = `/${info.rest}${mark < 0 ? '' : url.slice(mark)}`;
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(request.headers)) if (!HOP_BY_HOP.test(name) && value !== undefined) headers[name] = value;
  const options = { method: request.method, path, headers, body: bodyOf(call).bytes };
  const answer =
    info.plural === 'nodes'
      ? await deps.kubelets.request(deps.kubelets.addressOf(info.name), options)
      : await send(targetOf(call, deps), options);
  reply.raw.once('close', () => answer.destroy());
  reply.hijack();
  const passed = Object.entries(answer.headers).filter(([name, value]) => !HOP_BY_HOP.test(name) && value !== undefined);
  reply.raw.writeHead(answer.statusCode ?? 502, Object.fromEntries(passed) as Record<string, string | string[]>);
  answer.on('error', () => reply.raw.destroy());
  answer.pipe(reply.raw);
  return reply;
}

function send({ scheme, host, port }: Target, { body, ...options }: RequestOptions & { body: Buffer }): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const start = scheme === 'https' ? httpsRequest : httpRequest;
    const request = start({ ...options, host, port, ...(scheme === 'https' && { rejectUnauthorized: false }) }, resolve);
    request.on('error', (error) => reject(failure(503, 'ServiceUnavailable', `error trying to reach service: ${error.message}`)));
    request.end(body);
  });
}

function targetOf(call: Call, deps: NodeProxyDeps): Target {
  const { scheme, name, port } = splitName(call.info.name);
  const { namespace } = call.info;
  return call.info.plural === 'pods'
    ? podTarget(deps, { namespace, name, scheme, port })
    : serviceTarget(deps, { namespace, name, scheme, port });
}

interface Named {
  namespace: string;
  name: string;
  scheme: 'http' | 'https';
  /** Number or name; '' for the first. */
  port: string;
}

/** `name`, `name:port`, `scheme:name:port` or `scheme:name:`. */
function splitName(text: string): Omit<Named, 'namespace'> {
  const parts = text.split(':');
  const [first = '', second = '', third = ''] = parts;
  if (parts.length === 1) return { scheme: 'http', name: first, port: '' };
  if (parts.length === 2) return { scheme: 'http', name: first, port: second };
  if (parts.length === 3 && (first === 'http' || first === 'https')) return { scheme: first, name: second, port: third };
  throw badRequest(`invalid pod or service request ${JSON.stringify(text)}`);
}

function podTarget({ registry }: NodeProxyDeps, { namespace, name, scheme, port }: Named): Target {
  const pod = registry.store('pods').get({ namespace, name }).object as unknown as DeepReadonly<Pod>;
  const host = pod.status?.podIP ?? '';
  if (host === '') throw badRequest('address not allowed');
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  const chosen = port === '' ? ports[0]?.containerPort : (ports.find((p) => p.name === port)?.containerPort ?? Number(port));
  return { scheme, host, port: checkedPort(chosen ?? (scheme === 'https' ? 443 : 80), port) };
}

function serviceTarget({ registry }: NodeProxyDeps, { namespace, name, scheme, port }: Named): Target {
  const service = registry.get('services', namespace, name) as DeepReadonly<Service> | undefined;
  if (service === undefined) throw notFound(resourceInfo('services'), name);
  const ports = service.spec?.ports ?? [];
  const chosen = port === '' ? ports[0] : ports.find((p) => p.name === port || String(p.port) === port);
  if (chosen === undefined)
    throw failure(503, 'ServiceUnavailable', `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`);
  const slices = (registry.list('endpointslices', namespace) as unknown as readonly DeepReadonly<EndpointSlice>[]).filter(
    ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name,
  );
  for (const slice of slices) {
    const slicePort = (slice.ports ?? []).find((p) => (p.name ?? '') === (chosen.name ?? ''))?.port;
    const address = slice.endpoints?.find(({ conditions }) => conditions?.ready !== false)?.addresses[0];
    if (slicePort !== undefined && address !== undefined) return { scheme, host: address, port: slicePort };
  }
  throw failure(503, 'ServiceUnavailable', `no endpoints available for service ${JSON.stringify(name)}`);
}

function checkedPort(port: number, text: string): number {
  if (Number.isInteger(port) && port > 0 && port < 65536) return port;
  throw badRequest(`port ${JSON.stringify(text)} must be a number or the name of a port`);
}
