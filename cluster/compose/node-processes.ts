import type { ProcessSpec } from '../topology.ts';

export interface ContainerNode {
  name: string;
  /** The container's own address. */
  ip: string;
  podCidr: string;
  clusterCidr: string;
  serviceCidr: string;
}

/** The processes that make a container a node, with their flags. Pure. */
export function nodeProcesses({ name, ip, podCidr, clusterCidr }: ContainerNode): [kubelet: ProcessSpec, kubeProxy: ProcessSpec] {
  const credentials = `/credentials/${name}`;
  return [
    {
      name: 'kubelet',
      program: 'kubelet',
      youngGenerationMiB: 4,
      stage: 2,
      args: [
        `--kubeconfig=${credentials}/kubelet.kubeconfig`,
        `--node-name=${name}`,
        `--node-ip=${ip}`,
        `--pod-cidr=${podCidr}`,
        '--root-dir=/var/lib/kubelet',
        '--runtime=process',
        `--address=${ip}`,
        '--port=10250',
        `--tls-cert-file=${credentials}/${name}-server.crt`,
        `--tls-private-key-file=${credentials}/${name}-server.key`,
        `--client-ca-file=${credentials}/ca.crt`,
        '--kill-containers-on-exit',
      ],
    },
    {
      name: 'kube-proxy',
      program: 'kube-proxy',
      youngGenerationMiB: 4,
      stage: 2,
      args: [
        `--kubeconfig=${credentials}/kube-proxy.kubeconfig`,
        `--hostname-override=${name}`,
        '--proxy-mode=userspace',
        `--cluster-cidr=${clusterCidr}`,
      ],
    },
  ];
}

/**
 * Arguments of ip(8) that make every address of the pods and services one of this machine, without listing them (AnyIP): pods and
 * kube-proxy listen on them, and since pods' ranges lie in the containers' network, this node answers ARP for its pods, so that other
 * nodes need no route to them. Pure.
 */
export function localRoutes({ podCidr, serviceCidr }: ContainerNode): string[][] {
  return [podCidr, serviceCidr].map((range) => ['route', 'replace', 'local', range, 'dev', 'lo']);
}
