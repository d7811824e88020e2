import { request } from 'node:http';
import { ClusterError } from './cluster-error.ts';
import type { DataDir } from './data-dir.ts';

/** Asks the running supervisor of a data directory; undefined when none runs. */
export async function askSupervisor(dir: DataDir, method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: dir.supervisorSocket, method, path }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const answer = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { error?: string };
        if (response.statusCode === 200) resolve(answer);
        else reject(new ClusterError(answer.error ?? 'the supervisor refused'));
      });
    });
    call.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(error);
    });
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
