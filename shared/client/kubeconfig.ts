import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/** Where an API server is and who we are to it. PEM texts, not file names. */
export interface ClientConfig {
  /** `https://host:port`, also with a path under which the API lives. */
  server: string;
  /** Unix socket to connect to instead of the host of `server`. */
  socketPath?: string;
  ca?: string;
  cert?: string;
  key?: string;
  /** Name to check the server's certificate against, where it is not the host of `server`. */
  tlsServerName?: string;
  insecureSkipTlsVerify?: boolean;
  token?: string;
  /** Read again every minute, since projected tokens are rotated. */
  tokenFile?: string;
  /** The context's namespace. */
  namespace?: string;
}

interface Cluster {
  server?: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'tls-server-name'?: string;
}
interface User {
  token?: string;
  tokenFile?: string;
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
}
interface Context {
  cluster?: string;
  user?: string;
  namespace?: string;
}
interface Kubeconfig {
  clusters?: { name: string; cluster?: Cluster }[];
  users?: { name: string; user?: User }[];
  contexts?: { name: string; context?: Context }[];
  'current-context'?: string;
}

/**
 * Reads a kubeconfig file (YAML or JSON; JSON is quicker to start with, as no YAML parser is loaded). File names in it are relative to
 * its folder. Throws an Error of one sentence that names the file. Exec and auth-provider plugins are not supported.
 */
export async function loadKubeconfig(path: string, options: { context?: string } = {}): Promise<ClientConfig> {
  const wrong = (why: string): Error => new Error(`kubeconfig ${JSON.stringify(path)} ${why}`);
  const config = await parse(path, wrong);
  const contextName = options.context ?? config['current-context'];
  if (contextName === undefined || contextName === '') throw wrong('has no current-context');
  const context = config.contexts?.find(({ name }) => name === contextName)?.context;
  if (context === undefined) throw wrong(`has no context ${JSON.stringify(contextName)}`);
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster?.server === undefined) throw wrong(`has no server for cluster ${JSON.stringify(context.cluster ?? '')}`);
  const user = context.user === undefined || context.user === '' ? {} : config.users?.find(({ name }) => name === context.user)?.user;
  if (user === undefined) throw wrong(`has no user ${JSON.stringify(context.user)}`);

  const folder = dirname(path);
  const pem = async (data: string | undefined, file: string | undefined): Promise<string | undefined> => {
    if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
    if (file === undefined || file === '') return undefined;
    return readFile(resolve(folder, file), 'utf8').catch((error: Error) => {
      throw wrong(`names a file that cannot be read: ${error.message}`);
    });
  };
  return defined<ClientConfig>({
    server: cluster.server,
    ca: await pem(cluster['certificate-authority-data'], cluster['certificate-authority']),
    cert: await pem(user['client-certificate-data'], user['client-certificate']),
    key: await pem(user['client-key-data'], user['client-key']),
    tlsServerName: cluster['tls-server-name'],
    insecureSkipTlsVerify: cluster['insecure-skip-tls-verify'],
    token: user.tokenFile === undefined ? user.token : undefined,
    tokenFile: user.tokenFile === undefined ? undefined : resolve(folder, user.tokenFile),
    namespace: context.namespace,
  });
}

/** The configuration of a process in a pod, from the service account that the kubelet mounted. */
export async function loadInClusterConfig(
  env: Readonly<Record<string, string | undefined>>,
  folder = '/var/run/secrets/kubernetes.io/serviceaccount',
): Promise<ClientConfig> {
  const host = env.KUBERNETES_SERVICE_HOST;
  const port = env.KUBERNETES_SERVICE_PORT;
  if (!host || !port) throw new Error('not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be set');
  const [ca, namespace] = await Promise.all([
    readFile(`${folder}/ca.crt`, 'utf8'),
    readFile(`${folder}/namespace`, 'utf8').catch(() => 'default'),
  ]);
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca,
    tokenFile: `${folder}/token`,
    namespace: namespace.trim(),
  };
}

async function parse(path: string, wrong: (why: string) => Error): Promise<Kubeconfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw wrong(`cannot be read: ${(error as Error).message}`);
  }
  try {
    const value: unknown = text.trimStart().startsWith('{') ? JSON.parse(text) : (await import('yaml')).parse(text, { version: '1.1' });
    if (typeof value === 'object' && value !== null) return value as Kubeconfig;
  } catch (error) {
    throw wrong(`is not valid YAML or JSON: ${(error as Error).message}`);
  }
  throw wrong('is empty');
}

function defined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}
