import { join } from 'node:path';

/** Where a pod's files are. Source: kubelet's layout below `--root-dir`, kuberuntime BuildPodLogsDirectory. */
export interface PodPaths {
  logDirectory(pod: {
    readonly metadata: { readonly name: string; readonly namespace?: string | undefined; readonly uid: string };
  }): string;
  logPath(pod: Parameters<PodPaths['logDirectory']>[0], container: string, attempt: number): string;
}

/** `<rootDir>/logs/<namespace>_<name>_<uid>/<container>/<attempt>.log` */
export function podPaths(rootDir: string): PodPaths {
  const logDirectory: PodPaths['logDirectory'] = ({ metadata }) =>
    join(rootDir, 'logs', `${metadata.namespace ?? ''}_${metadata.name}_${metadata.uid}`);
  return { logDirectory, logPath: (pod, container, attempt) => join(logDirectory(pod), container, `${attempt}.log`) };
}
