import { readFileSync } from 'node:fs';

/** A kubeconfig with everything inside: nothing to look up, may be copied elsewhere.. */
export function kubeconfig(options: { server: string; user: string; caFile: string; certFile: string; keyFile: string }): string {
  const { server, user, caFile, certFile, keyFile } = options;
  const data = (file: string): string => readFileSync(file).toString('base64');
  return yaml({
    server,
    user,
    ca: data(caFile),
    cert: data(certFile),
    key: data(keyFile),
  });
}

function yaml({ server, user, ca, cert, key }: { server: string; user: string; ca: string; cert: string; key: string }): string {
  return `apiVersion: v1
kind: Config
clusters:
- name: kubernetus
  cluster:
    server: ${server}
    certificate-authority-data: ${ca}
users:
- name: ${user}
  user:
    client-certificate-data: ${cert}
    client-key-data: ${key}
contexts:
- name: kubernetus
  context:
    cluster: kubernetus
    user: ${user}
current-context: kubernetus
`;
}
