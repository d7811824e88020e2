import { request } from 'node:http';
import { ClusterError } from './cluster-error.ts';
import type { DataDir } from './data-dir.ts';

/** Deletes an API object over the administrator's socket; one that is not there is fine. */
export function deleteObject(dir: DataDir, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: dir.apiSocket, method: 'DELETE', path }, (response) => {
      response.resume();
      const { statusCode = 0 } = response;
      if (statusCode < 300 || statusCode === 404) resolve();
      else reject(new ClusterError(`the API server answered ${statusCode} to DELETE ${path}`));
    });
    call.once('error', (error) => reject(new ClusterError(`the API server cannot be reached: ${error.message}`)));
    call.end();
  });
}
