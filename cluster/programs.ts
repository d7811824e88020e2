import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

export interface ProgramOptions {
  /** The folder whose `main.ts` it is. */
  program: string;
  /** Size of V8's young generation: small keeps a process small; larger spares copying where every request leaves garbage. */
  youngGenerationMiB: number;
}

/** The node command line that runs a program: its bundle where this code is one itself, else (or with `sources`) its sources through tsx. */
export function programCommand(
  { program, youngGenerationMiB }: ProgramOptions,
  sources: boolean,
): { file: string; args: string[]; env: NodeJS.ProcessEnv } {
  const { NODE_CHANNEL_FD: _, ...env } = process.env;
  const bundle = bundleDirectory();
  if (bundle !== undefined && !sources)
    return {
      file: process.execPath,
      args: [`--max-semi-space-size=${youngGenerationMiB}`, join(bundle, 'boot.cjs'), program],
      env,
    };
  const main = join(sourceRoot(), program, 'main.ts');
  return {
    file: process.execPath,
    args: ['--import', pathToFileURL(createRequire(join(sourceRoot(), 'package.json')).resolve('tsx')).href, main],
    env,
  };
}

/** Where the bundles are, if this runs from one. */
function bundleDirectory(): string | undefined {
  return here.endsWith(join('.cache', 'kubernetus')) ? here : undefined;
}

/** The checkout: bundles lie in its `node_modules/.cache/kubernetus`. */
export function sourceRoot(): string {
  return bundleDirectory() === undefined ? dirname(here) : join(here, '..', '..', '..');
}
