import { askSupervisor } from '../control-client.ts';
import type { ProcessStatus } from '../supervised-process.ts';
import { type Command, DATA_DIR_OPTION, existingDataDir, readArgs } from './command.ts';

export const status: Command = {
  usage: './kubernetus status [--data-dir DIR] [--json]',
  summary: 'what runs, since when, and how often it was restarted',
  help: 'Lists the processes of the cluster. Exits with 1 when none runs or one is not ready.',
  async run(args) {
    const { values } = readArgs({ args, options: { ...DATA_DIR_OPTION, json: { type: 'boolean', default: false } } });
    const dir = existingDataDir(values['data-dir']);
    const answer = (await askSupervisor(dir, 'GET', '/status')) as { pid: number; port: number; processes: ProcessStatus[] } | undefined;
    if (answer === undefined) {
      process.stdout.write(`no cluster runs from ${dir.root}\n`);
      return 1;
    }
    if (values.json) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
    else
      process.stdout.write(
        `cluster in ${dir.root}, API server on https://127.0.0.1:${answer.port}, supervisor pid ${answer.pid}\n\n${table(answer.processes, Date.now())}`,
      );
    return answer.processes.every(({ state }) => state === 'ready') ? 0 : 1;
  },
};

/** Columns as wide as their widest cell. */
function table(processes: readonly ProcessStatus[], now: number): string {
  const rows = [
    ['NAME', 'STATE', 'PID', 'RESTARTS', 'AGE', 'LAST EXIT'],
    ...processes.map(({ name, state, pid, restarts, startedAt, lastExit }) => [
      name,
      state,
      String(pid ?? '-'),
      String(restarts),
      age(now - startedAt),
      lastExit ?? '',
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('   ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** The two largest units that say something: `42s`, `6m54s`, `3d4h`. */
function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h${Math.floor((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d${Math.floor((seconds % 86_400) / 3600)}h`;
}
