import { X509Certificate } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DataDir } from '../data-dir.ts';
import { kubeconfig } from '../kubeconfig.ts';
import { type CertificateRequest, ensureAdminToken, ensureServiceAccountKey, Pki } from '../pki.ts';

export interface ContainerCluster {
  /** URL of the API server for the components. */
  server: string;
  /** The same for kubectl on the host. */
  publicServer: string;
  /** Besides its names, what the API server answers to. */
  apiserverAddresses: readonly string[];
  nodes: readonly { name: string; ip: string }[];
}

/** A certificate with less time left is made anew, ms. */
const RENEW_MS = 30 * 24 * 3600 * 1000;

/**
 * Makes all keys and certificates in `directory/authority`, and copies to each container's own folder what that one needs and no more.
 * What is there and still good is kept; kubeconfigs are written anew.
 */
export async function writeCredentials(directory: string, cluster: ContainerCluster, now: number): Promise<void> {
  const authority = new DataDir(join(directory, 'authority'));
  for (const folder of ['pki', 'admin']) mkdirSync(join(authority.root, folder), { recursive: true });
  const requests = certificateRequests(cluster);
  for (const request of requests)
    if (!isGood(authority.pki(`${request.file}.crt`), request, now)) rmSync(authority.pki(`${request.file}.crt`), { force: true });
  const pki = await Pki.open(authority, now);
  for (const request of requests) await pki.ensure(request, now);
  ensureServiceAccountKey(authority);
  ensureAdminToken(authority);

  const copy = (to: string, ...files: string[]): void => {
    for (const file of files) copyFileSync(authority.pki(file), join(directory, to, file));
  };
  const writeKubeconfig = (to: string, { user, file, server = cluster.server }: { user: string; file: string; server?: string }): void =>
    authority.writeFile(
      join(directory, to),
      kubeconfig({
        server,
        user,
        caFile: authority.pki('ca.crt'),
        certFile: authority.pki(`${file}.crt`),
        keyFile: authority.pki(`${file}.key`),
      }),
    );

  copy('apiserver', 'ca.crt', 'apiserver.crt', 'apiserver.key', 'apiserver-kubelet-client.crt', 'apiserver-kubelet-client.key');
  copy('apiserver', 'sa.key', 'sa.pub', 'tokens.csv');
  copy('controller-manager', 'ca.crt');
  writeKubeconfig('controller-manager/kubeconfig', { user: 'system:kube-controller-manager', file: 'controller-manager' });
  writeKubeconfig('scheduler/kubeconfig', { user: 'system:kube-scheduler', file: 'scheduler' });
  for (const { name } of cluster.nodes) {
    copy(name, 'ca.crt', `${name}-server.crt`, `${name}-server.key`);
    writeKubeconfig(`${name}/kubelet.kubeconfig`, { user: `system:node:${name}`, file: name });
    writeKubeconfig(`${name}/kube-proxy.kubeconfig`, { user: 'system:kube-proxy', file: 'kube-proxy' });
  }
  copy('authority/admin', 'ca.crt');
  copyFileSync(authority.adminToken, join(authority.root, 'admin/token'));
  writeKubeconfig('authority/admin/kubeconfig', { user: 'kubernetes-admin', file: 'admin', server: cluster.publicServer });
}

/** Every certificate of the cluster. Pure. */
export function certificateRequests({ apiserverAddresses, nodes }: ContainerCluster): CertificateRequest[] {
  const kubernetes = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'];
  return [
    {
      file: 'apiserver',
      commonName: 'kube-apiserver',
      serves: { dns: [...kubernetes, 'localhost', 'apiserver'], ips: ['127.0.0.1', ...apiserverAddresses] },
    },
    { file: 'apiserver-kubelet-client', commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'] },
    { file: 'admin', commonName: 'kubernetes-admin', organizations: ['system:masters'] },
    { file: 'controller-manager', commonName: 'system:kube-controller-manager' },
    { file: 'scheduler', commonName: 'system:kube-scheduler' },
    { file: 'kube-proxy', commonName: 'system:kube-proxy', organizations: ['system:node-proxier'] },
    ...nodes.flatMap(({ name, ip }): CertificateRequest[] => [
      { file: name, commonName: `system:node:${name}`, organizations: ['system:nodes'] },
      {
        file: `${name}-server`,
        commonName: `system:node:${name}`,
        organizations: ['system:nodes'],
        serves: { dns: [name, 'localhost'], ips: [ip, '127.0.0.1'] },
      },
    ]),
  ];
}

/** Whether the certificate is there, lasts, and is for all addresses asked for. */
function isGood(file: string, { serves }: CertificateRequest, now: number): boolean {
  if (!existsSync(file)) return false;
  const certificate = new X509Certificate(readFileSync(file));
  if (Date.parse(certificate.validTo) < now + RENEW_MS) return false;
  return (serves?.ips ?? []).every((ip) => certificate.checkIP(ip) !== undefined);
}
