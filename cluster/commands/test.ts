import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { sourceRoot } from '../programs.ts';
import type { Command } from './command.ts';

export const test: Command = {
  usage: './kubernetus test [SUITE…] [--compose]',
  summary: 'every test',
  help: 'Runs the tests: unit, contract, architecture, integration, e2e, or only the suites named. --compose adds the one that needs a Docker engine.',
  run(args) {
    const child = spawn(process.execPath, ['--import', 'tsx', join('test', 'run.ts'), ...args], { stdio: 'inherit', cwd: sourceRoot() });
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name));
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  },
};
