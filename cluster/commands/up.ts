import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { relative } from 'node:path';
import { realClock } from '../../shared/machinery/clock.ts';
import { ClusterError, textOfError } from '../cluster-error.ts';
import { DataDir } from '../data-dir.ts';
import { lockHolder } from '../lock.ts';
import { type Progress, runCluster, type UpOptions } from '../run-cluster.ts';
import { tailOf } from '../supervised-process.ts';
import { COMPONENTS } from '../topology.ts';
import { type Command, DATA_DIR_OPTION, readArgs, readCount } from './command.ts';

const RUNTIMES = ['auto', 'process'];
const PROXY_MODES = ['auto', 'userspace'];
const STORAGES = ['level', 'memory'];

export const up: Command = {
  usage:
    './kubernetus up [--detach] [--data-dir DIR] [--port N] [--nodes N] [--simulated-nodes N] [--runtime R] [--proxy-mode M] [--storage S] [--components A,B] [--arg COMPONENT=--flag=value]… [--insecure-http PORT] [--watch] [--log-level L]',
  summary: 'start the cluster; Ctrl-C stops it',
  help: `Starts the cluster of a data directory, a new one if there is none, and prints each step with its time.

  --detach               return once it is ready and leave it running (\`./kubernetus down\` stops it)
  --data-dir DIR         where all its files are (default .kubernetus)
  --port N               the API server's port on 127.0.0.1 (default 6443)
  --nodes N              nodes that run pods as processes (default 1)
  --simulated-nodes N    nodes whose pods only exist on the clock (default 0); beside real nodes
                         they have the taint kubernetus.dev/simulated=true:NoSchedule
  --runtime R            ${RUNTIMES.join(', ')} (default auto: the first that works)
  --proxy-mode M         ${PROXY_MODES.join(', ')}
  --storage S            ${STORAGES.join(', ')} (default level; memory forgets everything at the end)
  --components A,B       only these: ${COMPONENTS.join(', ')}
  --arg COMPONENT=--flag=value   one more flag for a component; may be repeated
  --insecure-http PORT   also plain HTTP without authentication on 127.0.0.1, for a classroom
  --watch                run the sources through tsx, not the built bundles
  --log-level L          trace, debug, info, warn or error (default info)`,
  async run(args) {
    const { values } = readArgs({
      args,
      options: {
        ...DATA_DIR_OPTION,
        detach: { type: 'boolean', default: false },
        supervise: { type: 'boolean', default: false },
        port: { type: 'string' },
        nodes: { type: 'string' },
        'simulated-nodes': { type: 'string' },
        masters: { type: 'string', default: '1' },
        runtime: { type: 'string', default: 'auto' },
        'proxy-mode': { type: 'string', default: 'auto' },
        storage: { type: 'string', default: 'level' },
        components: { type: 'string', default: '' },
        arg: { type: 'string', multiple: true, default: [] },
        'insecure-http': { type: 'string' },
        watch: { type: 'boolean', default: false },
        'log-level': { type: 'string', default: 'info' },
      },
    });
    if (values.masters !== '1') throw new ClusterError('--masters: this version runs one API server');
    const components = values.components === '' ? [] : values.components.split(',');
    for (const name of components) oneOf('--components', name, COMPONENTS);
    const port = readCount(values.port, '--port', 65535);
    const options: UpOptions = {
      port,
      nodes: readCount(values.nodes, '--nodes', 1000),
      simulatedNodes: readCount(values['simulated-nodes'], '--simulated-nodes', 10_000),
      runtime: oneOf('--runtime', values.runtime, RUNTIMES),
      proxyMode: oneOf('--proxy-mode', values['proxy-mode'], PROXY_MODES),
      storage: oneOf('--storage', values.storage, STORAGES),
      components,
      extraArgs: readExtraArgs(values.arg),
      insecureHttp: readCount(values['insecure-http'], '--insecure-http', 65535),
      sources: values.watch,
      logLevel: oneOf('--log-level', values['log-level'], ['trace', 'debug', 'info', 'warn', 'error']),
    };
    const dir = new DataDir(values['data-dir']);
    if (values.supervise) return supervise(dir, options);
    if (options.insecureHttp !== undefined)
      process.stderr.write('warning: with --insecure-http every program on this machine is an administrator of the cluster\n');
    return values.detach ? detach(dir) : foreground(dir, options);
  },
};

function oneOf(flag: string, value: string, choices: readonly string[]): string {
  if (!choices.includes(value)) throw new ClusterError(`${flag} must be one of ${choices.join(', ')}, got ${JSON.stringify(value)}`);
  return value;
}

function readExtraArgs(args: readonly string[]): Record<string, string[]> {
  const result: Record<string, string[]> = {};
  for (const text of args) {
    const match = /^([a-z-]+)=(--.+)$/.exec(text);
    const [, component = '', flag = ''] = match ?? [];
    if (match === null) throw new ClusterError(`--arg must look like apiserver=--flag=value, got ${JSON.stringify(text)}`);
    oneOf('the component of --arg', component, COMPONENTS);
    result[component] = [...(result[component] ?? []), flag];
  }
  return result;
}

/** Prints steps; on a terminal they are aligned, in a pipe each is a plain line. */
function printProgress(dir: DataDir): Progress {
  const bold = (text: string): string => (process.stdout.isTTY ? `\x1b[1m${text}\x1b[0m` : text);
  return {
    step: (what, ms) => process.stdout.write(`  ${what.padEnd(24)} ${String(Math.round(ms)).padStart(6)} ms\n`),
    ready: (ms) => {
      const path = relative(process.cwd(), dir.kubeconfig);
      const shown = shellWord(path.startsWith('..') ? dir.kubeconfig : `$PWD/${path}`);
      process.stdout.write(
        `${bold(`ready in ${Math.round(ms)} ms`)}\n\n  export KUBECONFIG=${shown}\n  kubectl get nodes\n  kubectl apply -f examples/01-web/\n`,
      );
    },
  };
}

/** As a shell reads it as one word, with `$PWD` filled in. */
function shellWord(path: string): string {
  return /^[\w$./@%+=:,-]+$/.test(path) ? path : `"${path.replace(/["\\`]/g, '\\$&')}"`;
}

async function foreground(dir: DataDir, options: UpOptions): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (stop.signal.aborted) return;
      process.stdout.write('stopping\n');
      stop.abort();
    });
  await runCluster(dir, options, { clock: realClock, progress: printProgress(dir) }, stop.signal);
  process.stdout.write('stopped\n');
  return 0;
}

type Message = { type: 'step'; what: string; ms: number } | { type: 'ready'; ms: number } | { type: 'failed'; message: string };

/** Starts the supervisor as a process of its own session and follows it until it is ready. */
async function detach(dir: DataDir): Promise<number> {
  const holder = lockHolder(dir);
  if (holder !== undefined)
    throw new ClusterError(`a cluster already runs from ${dir.root} (pid ${holder}): \`./kubernetus status\` shows it`);
  dir.create();
  const log = openSync(dir.log('supervisor'), 'a', 0o600);
  const [file = '', ...rest] = process.argv.slice(1);
  const self = process.execArgv.concat(file.endsWith('cluster.cjs') ? [file.replace(/cluster\.cjs$/, 'boot.cjs'), 'cluster'] : [file]);
  const child = spawn(process.execPath, [...self, ...rest.filter((arg) => arg !== '--detach'), '--supervise'], {
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  const progress = printProgress(dir);
  const interrupted = (): void => {
    child.kill('SIGTERM');
  };
  process.once('SIGINT', interrupted);
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (message.type === 'step') progress.step(message.what, message.ms);
      if (message.type === 'failed') reject(new ClusterError(message.message));
      if (message.type !== 'ready') return;
      progress.ready(message.ms);
      process.off('SIGINT', interrupted);
      child.disconnect();
      child.unref();
      resolve(0);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      const end = tailOf(dir.log('supervisor'), 15);
      const how = signal === null ? `exit code ${code}` : `signal ${signal}`;
      const told = end === '' ? '' : `; the end of its log:\n${end}`;
      reject(new ClusterError(code === 0 ? 'stopped before it was ready' : `the supervisor ended (${how})${told}`));
    });
  });
}

/** The supervisor behind `--detach`: reports to the command that started it while that lives. */
async function supervise(dir: DataDir, options: UpOptions): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
  const send = (message: Message): void => {
    if (process.connected) process.send?.(message);
  };
  const progress: Progress = { step: (what, ms) => send({ type: 'step', what, ms }), ready: (ms) => send({ type: 'ready', ms }) };
  try {
    await runCluster(dir, options, { clock: realClock, progress }, stop.signal);
    return 0;
  } catch (error) {
    const message = textOfError(error);
    process.stderr.write(`kubernetus: ${message}\n`);
    send({ type: 'failed', message });
    return 1;
  }
}
