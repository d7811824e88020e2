import * as addresses from './addresses.ts';
import type { ClusterRecord, DataDir, NodeRecord } from './data-dir.ts';
import type { CertificateRequest } from './pki.ts';

/** One process of the cluster, as the supervisor runs it. */
export interface ProcessSpec {
  /** Unique: `apiserver`, `kubelet-node-1`. */
  name: string;
  /** The folder whose `main.ts` it runs. */
  program: string;
  args: string[];
  /** See `programCommand`. */
  youngGenerationMiB: number;
  /** Gives way to the others when the processors are busy. */
  background?: true;
  /** Started in ascending order of stages, stopped in descending order. */
  stage: number;
  /** The certificate it identifies itself with, and the name of its kubeconfig's user. */
  identity?: { user: string; file: string };
}

export interface TopologyOptions {
  storage: string;
  runtime: string;
  proxyMode: string;
  /** Empty: all. */
  components: readonly string[];
  /** Further flags by component: `{ apiserver: ['--v=2'] }`. */
  extraArgs: Readonly<Record<string, readonly string[]>>;
  insecureHttp: number | undefined;
  logLevel: string;
}

const SIMULATED_TAINT = 'kubernetus.dev/simulated=true:NoSchedule';

export const COMPONENTS = ['apiserver', 'scheduler', 'controller-manager', 'kubelet', 'kube-proxy'] as const;
export type Component = (typeof COMPONENTS)[number];

/** Which processes run, with which flags. Pure. */
export function topology(record: ClusterRecord, options: TopologyOptions, dir: DataDir): ProcessSpec[] {
  const wanted = (component: Component): boolean => options.components.length === 0 || options.components.includes(component);
  const specs: ProcessSpec[] = [];
  if (wanted('apiserver')) specs.push(apiServer(record, options, dir));
  if (wanted('controller-manager')) specs.push(controllerManager(record, dir));
  if (wanted('scheduler')) specs.push(scheduler(dir));
  if (wanted('kubelet')) {
    for (const node of record.nodes) specs.push(kubelet(record, node, options, dir));
    if (record.simulatedNodes > 0) specs.push(simulatedKubelet(record, dir));
  }
  // Process nodes share the host's network, so one proxy serves them all.
  const first = record.nodes[0];
  if (wanted('kube-proxy') && first !== undefined) specs.push(kubeProxy(record, first, options, dir));
  return specs.map((spec) => ({
    ...spec,
    args: [...spec.args, `--log-level=${options.logLevel}`, ...(options.extraArgs[spec.program] ?? [])],
  }));
}

function apiServer({ port, network }: ClusterRecord, options: TopologyOptions, dir: DataDir): ProcessSpec {
  return {
    name: 'apiserver',
    program: 'apiserver',
    youngGenerationMiB: 16,
    stage: 0,
    args: [
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--tls-cert-file=${dir.pki('apiserver.crt')}`,
      `--tls-private-key-file=${dir.pki('apiserver.key')}`,
      `--client-ca-file=${dir.pki('ca.crt')}`,
      `--token-auth-file=${dir.tokens}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${dir.pki('sa.pub')}`,
      `--service-account-signing-key-file=${dir.pki('sa.key')}`,
      `--service-cluster-ip-range=${addresses.serviceCidr(network)}`,
      `--kubelet-client-certificate=${dir.pki('apiserver-kubelet-client.crt')}`,
      `--kubelet-client-key=${dir.pki('apiserver-kubelet-client.key')}`,
      `--kubelet-certificate-authority=${dir.pki('ca.crt')}`,
      `--storage=${options.storage}`,
      `--data-dir=${dir.store}`,
      `--unix-socket=${dir.apiSocket}`,
      ...(options.insecureHttp === undefined ? [] : [`--insecure-http=${options.insecureHttp}`]),
    ],
  };
}

function controllerManager({ network }: ClusterRecord, dir: DataDir): ProcessSpec {
  return {
    name: 'controller-manager',
    program: 'controller-manager',
    youngGenerationMiB: 4,
    stage: 1,
    identity: { user: 'system:kube-controller-manager', file: 'controller-manager' },
    args: [
      `--kubeconfig=${dir.componentKubeconfig('controller-manager')}`,
      `--root-ca-file=${dir.pki('ca.crt')}`,
      `--cluster-cidr=${addresses.clusterCidr(network)}`,
      // The supervisor runs one at a time, so a restarted one need not wait for the lease of the one before.
      '--leader-elect-identity=controller-manager',
      '--secure-port=0',
    ],
  };
}

function scheduler(dir: DataDir): ProcessSpec {
  return {
    name: 'scheduler',
    program: 'scheduler',
    youngGenerationMiB: 16,
    stage: 1,
    identity: { user: 'system:kube-scheduler', file: 'scheduler' },
    args: [`--kubeconfig=${dir.componentKubeconfig('scheduler')}`, '--leader-elect-identity=scheduler', '--secure-port=0'],
  };
}

function kubelet({ network }: ClusterRecord, { name, index }: NodeRecord, options: TopologyOptions, dir: DataDir): ProcessSpec {
  const process = `kubelet-${name}`;
  return {
    name: process,
    program: 'kubelet',
    youngGenerationMiB: 4,
    stage: 2,
    identity: { user: `system:node:${name}`, file: process },
    args: [
      `--kubeconfig=${dir.componentKubeconfig(process)}`,
      `--node-name=${name}`,
      `--node-ip=${addresses.nodeIp(network, index)}`,
      `--pod-cidr=${addresses.podCidr(network, index)}`,
      `--root-dir=${dir.node(name)}`,
      `--runtime=${options.runtime}`,
      `--address=${addresses.nodeIp(network, index)}`,
      '--port=0',
      '--healthz-port=0',
      `--tls-cert-file=${dir.pki(`${process}-server.crt`)}`,
      `--tls-private-key-file=${dir.pki(`${process}-server.key`)}`,
      `--client-ca-file=${dir.pki('ca.crt')}`,
      '--kill-containers-on-exit',
    ],
  };
}

function simulatedKubelet({ simulatedNodes, nodes }: ClusterRecord, dir: DataDir): ProcessSpec {
  return {
    name: 'kubelet-simulated',
    program: 'kubelet',
    // Stands for machines elsewhere, which would not slow down this one.
    background: true,
    youngGenerationMiB: 32,
    stage: 2,
    identity: { user: 'system:node:simulated', file: 'kubelet-simulated' },
    args: [
      `--kubeconfig=${dir.componentKubeconfig('kubelet-simulated')}`,
      '--node-name=simulated',
      '--runtime=simulated',
      // Beside nodes that really run pods, only pods that ask for it are simulated.
      ...(nodes.length > 0 ? [`--register-with-taints=${SIMULATED_TAINT}`] : []),
      `--simulated-nodes=${simulatedNodes}`,
      `--pod-cidr=${addresses.SIMULATED_POD_CIDR}`,
      `--root-dir=${dir.node('simulated')}`,
      '--port=0',
      '--healthz-port=0',
      `--tls-cert-file=${dir.pki('kubelet-simulated-server.crt')}`,
      `--tls-private-key-file=${dir.pki('kubelet-simulated-server.key')}`,
      `--client-ca-file=${dir.pki('ca.crt')}`,
    ],
  };
}

function kubeProxy({ network }: ClusterRecord, { name }: NodeRecord, options: TopologyOptions, dir: DataDir): ProcessSpec {
  return {
    name: 'kube-proxy',
    program: 'kube-proxy',
    youngGenerationMiB: 4,
    stage: 2,
    identity: { user: 'system:kube-proxy', file: 'kube-proxy' },
    args: [
      `--kubeconfig=${dir.componentKubeconfig('kube-proxy')}`,
      `--hostname-override=${name}`,
      `--proxy-mode=${options.proxyMode}`,
      `--cluster-cidr=${addresses.clusterCidr(network)}`,
      '--nodeport-addresses=127.0.0.0/8',
      '--healthz-port=0',
    ],
  };
}

/** Every certificate that the topology needs. */
export function certificates({ network, nodes, simulatedNodes }: ClusterRecord, hostname: string): CertificateRequest[] {
  const kubernetes = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  const server = (name: string, ip: string): CertificateRequest[] => [
    { file: `kubelet-${name}`, commonName: `system:node:${name}`, organizations: ['system:nodes'] },
    {
      file: `kubelet-${name}-server`,
      commonName: `system:node:${name}`,
      organizations: ['system:nodes'],
      serves: { dns: [name, 'localhost'], ips: [ip, '127.0.0.1'] },
    },
  ];
  return [
    {
      file: 'apiserver',
      commonName: 'kube-apiserver',
      serves: {
        dns: [...kubernetes, 'localhost', 'apiserver', hostname],
        ips: ['127.0.0.1', '::1', addresses.kubernetesServiceIp(network)],
      },
    },
    { file: 'apiserver-kubelet-client', commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] },
    { file: 'admin', commonName: 'kubernetes-admin', organizations: ['system:masters'] },
    { file: 'controller-manager', commonName: 'system:kube-controller-manager' },
    { file: 'scheduler', commonName: 'system:kube-scheduler' },
    { file: 'kube-proxy', commonName: 'system:kube-proxy', organizations: ['system:node-proxier'] },
    ...nodes.flatMap(({ name, index }) => server(name, addresses.nodeIp(network, index))),
    ...(simulatedNodes > 0 ? server('simulated', '127.0.0.1') : []),
  ];
}
