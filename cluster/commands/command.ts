import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ClusterError } from '../cluster-error.ts';
import { DataDir } from '../data-dir.ts';

export interface Command {
  usage: string;
  summary: string;
  help: string;
  /** Resolves to the exit code. */
  run(args: string[]): Promise<number>;
}

export const DATA_DIR_OPTION = { 'data-dir': { type: 'string', default: process.env.KUBERNETUS_DATA_DIR ?? '.kubernetus' } } as const;

/** `node:util` parseArgs whose complaints are ClusterErrors. */
export function readArgs<T extends ParseArgsConfig>(config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config);
  } catch (error) {
    throw new ClusterError(error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error));
  }
}

export function readCount(text: string | undefined, flag: string, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max)
    throw new ClusterError(`${flag} must be a whole number from 0 to ${max}, got ${JSON.stringify(text)}`);
  return value;
}

/** The data directory of a cluster that was made before. */
export function existingDataDir(path: string): DataDir {
  const dir = new DataDir(path);
  if (!dir.exists()) throw new ClusterError(`there is no cluster in ${dir.root}: \`./kubernetus up\` makes one`);
  return dir;
}
