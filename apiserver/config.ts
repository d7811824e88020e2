import type { Config, OptionTable } from '../shared/component/options.ts';

/** Every option of the API server. Flags that kube-apiserver has, too, keep its name and meaning. */
export const API_SERVER_OPTIONS = {
  'bind-address': { type: 'string', default: '127.0.0.1', help: 'address that HTTPS is served on', upstreamFlag: 'bind-address' },
  'secure-port': { type: 'number', default: 6443, help: 'port that HTTPS is served on; 0 takes a free one', upstreamFlag: 'secure-port' },
  'advertise-address': {
    type: 'string',
    optional: true,
    help: 'address that the service "kubernetes" points to; by default the bind address',
    upstreamFlag: 'advertise-address',
  },
  'tls-cert-file': { type: 'string', optional: true, help: 'certificate that HTTPS is served with, PEM', upstreamFlag: 'tls-cert-file' },
  'tls-private-key-file': { type: 'string', optional: true, help: 'key of that certificate, PEM', upstreamFlag: 'tls-private-key-file' },
  'client-ca-file': {
    type: 'string',
    optional: true,
    help: 'CA of client certificates: the common name is the user, organisations are groups',
    upstreamFlag: 'client-ca-file',
  },
  'token-auth-file': {
    type: 'string',
    optional: true,
    help: 'bearer tokens, a line each: token,user,uid,"group,group"',
    upstreamFlag: 'token-auth-file',
  },
  'anonymous-auth': {
    type: 'boolean',
    default: false,
    help: 'lets requests without credentials in as system:anonymous',
    upstreamFlag: 'anonymous-auth',
  },
  'authorization-mode': {
    type: 'string',
    default: 'RBAC',
    help: 'AlwaysAllow or RBAC',
    upstreamFlag: 'authorization-mode',
  },
  'service-account-issuer': {
    type: 'string',
    default: 'https://kubernetes.default.svc.cluster.local',
    help: 'issuer of service account tokens',
    upstreamFlag: 'service-account-issuer',
  },
  'service-account-key-file': {
    type: 'list',
    default: [],
    help: 'keys that service account tokens are verified with, PEM; by default the signing key',
    upstreamFlag: 'service-account-key-file',
  },
  'service-account-signing-key-file': {
    type: 'string',
    optional: true,
    help: 'private key that service account tokens are signed with, PEM',
    upstreamFlag: 'service-account-signing-key-file',
  },
  'service-cluster-ip-range': {
    type: 'string',
    default: '10.96.0.0/16',
    help: 'range of service addresses',
    upstreamFlag: 'service-cluster-ip-range',
  },
  'service-node-port-range': {
    type: 'string',
    default: '30000-32767',
    help: 'ports of services of type NodePort',
    upstreamFlag: 'service-node-port-range',
  },
  'kubelet-client-certificate': {
    type: 'string',
    optional: true,
    help: 'certificate shown to kubelets, PEM',
    upstreamFlag: 'kubelet-client-certificate',
  },
  'kubelet-client-key': { type: 'string', optional: true, help: 'key of that certificate, PEM', upstreamFlag: 'kubelet-client-key' },
  'kubelet-certificate-authority': {
    type: 'string',
    optional: true,
    help: 'CA of the certificates of kubelets, PEM',
    upstreamFlag: 'kubelet-certificate-authority',
  },
  'enable-admission-plugins': {
    type: 'list',
    default: [],
    help: 'admission plugins to run besides the default ones',
    upstreamFlag: 'enable-admission-plugins',
  },
  'disable-admission-plugins': {
    type: 'list',
    default: [],
    help: 'default admission plugins that are not to run',
    upstreamFlag: 'disable-admission-plugins',
  },
  'event-ttl': { type: 'duration', default: 3_600_000, help: 'how long events are kept', unit: 'ms', upstreamFlag: 'event-ttl' },
  storage: { type: 'string', default: 'level', help: 'where objects are stored: level, or memory (gone with the process)' },
  'data-dir': { type: 'string', default: '.kubernetus/apiserver', help: 'directory of the storage' },
  'unix-socket': { type: 'string', optional: true, help: 'path of a socket whose openers are administrators' },
  'insecure-http': { type: 'number', optional: true, help: 'port of 127.0.0.1 on which everybody is an administrator' },
} as const satisfies OptionTable;

export type ApiServerConfig = Config<typeof API_SERVER_OPTIONS>;
