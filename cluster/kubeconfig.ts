import { readFileSync } from 'node:fs';

/** A kubeconfig with everything inside: nothing to look up, may be copied elsewhere. As JSON, which is YAML too and quicker to read. */
export function kubeconfig(options: { server: string; user: string; caFile: string; certFile: string; keyFile: string }): string {
  const { server, user, caFile, certFile, keyFile } = options;
  const data = (file: string): string => readFileSync(file).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kubernetus', cluster: { server, 'certificate-authority-data': data(caFile) } }],
    users: [{ name: user, user: { 'client-certificate-data': data(certFile), 'client-key-data': data(keyFile) } }],
    contexts: [{ name: 'kubernetus', context: { cluster: 'kubernetus', user } }],
    'current-context': 'kubernetus',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
