import type { IncomingMessage, RequestOptions } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect, type SecureContextOptions, type TLSSocket } from 'node:tls';
import type { Node, Pod } from '../../shared/api/generated/core-v1.ts';
import type { DeepReadonly } from '../../shared/api/meta.ts';
import { resourceInfo } from '../../shared/api/scheme.ts';
import { badRequest, failure, internalError, notFound } from '../../shared/machinery/api-error.ts';
import type { ObjectReader } from '../registry/object-reader.ts';

/** How the API server shows itself to kubelets, PEM. Without `ca` a kubelet's certificate is not verified. */
export type KubeletCredentials = Pick<SecureContextOptions, 'cert' | 'key' | 'ca'>;

export interface KubeletAddress {
  host: string;
  port: number;
}

const KUBELET_PORT = 10250;
/** In the order of preference. Source: kube-apiserver --kubelet-preferred-address-types. */
const ADDRESS_TYPES = ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'];

/** Reaches the kubelets of nodes, over HTTPS with the API server's own certificate. */
export class KubeletConnection {
  readonly #credentials: KubeletCredentials & { rejectUnauthorized: boolean };
  readonly #agent: Agent;
  readonly #reader: ObjectReader;

  constructor(credentials: KubeletCredentials, reader: ObjectReader) {
    this.#credentials = { ...credentials, rejectUnauthorized: credentials.ca !== undefined };
    this.#agent = new Agent({ ...this.#credentials, keepAlive: true });
    this.#reader = reader;
  }

  /** Throws 404 for a node that is not there and 500 for one that has not said where its kubelet is. */
  addressOf(nodeName: string): KubeletAddress {
    const node = this.#reader.get('nodes', '', nodeName) as DeepReadonly<Node> | undefined;
    if (node === undefined) throw notFound(resourceInfo('nodes'), nodeName);
    const addresses = node.status?.addresses ?? [];
    const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
    // An address before a host name, unlike upstream: nodes of one machine have names that nobody resolves.
    const byIp = addresses.find(({ type }) => type === 'InternalIP');
    const host = byIp ?? ADDRESS_TYPES.map((wanted) => addresses.find(({ type }) => type === wanted)).find((found) => found !== undefined);
    if (host === undefined) throw internalError(`no preferred addresses found; known addresses: []`);
    return { host: host.address, port: port === 0 ? KUBELET_PORT : port };
  }

  /** The node that a pod runs on; throws 400 while there is none. */
  addressOfPod(pod: DeepReadonly<Pod>): KubeletAddress {
    const nodeName = pod.spec?.nodeName ?? '';
    if (nodeName === '') throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
    return this.addressOf(nodeName);
  }

  /** Sends a request and resolves with the answer's head; rejects with 500 when the kubelet cannot be reached. */
  request(address: KubeletAddress, options: RequestOptions & { body?: Buffer }): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const request = httpsRequest({ ...options, ...address, agent: this.#agent }, resolve);
      request.on('error', (error) => reject(unreachable(error, address, options.path ?? '/')));
      request.end(options.body);
    });
  }

  /** A connection of its own, for what is no HTTP after its first lines. */
  connect(address: KubeletAddress): Promise<TLSSocket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ ...this.#credentials, ...address, ALPNProtocols: ['http/1.1'] }, () => {
        socket.off('error', failed);
        resolve(socket);
      });
      const failed = (error: Error): void => reject(unreachable(error, address, ''));
      socket.on('error', failed);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function unreachable(error: Error, { host, port }: KubeletAddress, path: string): Error {
  const url = `https://${host}:${port}${path}`;
  return failure(500, 'InternalError', `Internal error occurred: error dialing backend: Get ${JSON.stringify(url)}: ${error.message}`, {
    causes: [{ message: `error dialing backend: ${error.message}` }],
  });
}
