import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { RuntimeError } from '../driver.ts';

export interface LaunchOptions {
  /** The program, as a path, and its arguments. */
  argv: readonly string[];
  cwd: string;
  env: Readonly<Record<string, string>>;
  /** Gets `stdout`, `stderr`, `exit` (the exit code and a line break), and with `stdin` the FIFO of that name and its holder's pid. */
  ioDir: string;
  stdin: boolean;
}

/**
 * The shell that stands over a container's process: it lives through the signals meant for that one, writes its exit code (128 + n after
 * signal n) to a file, and so needs no kubelet. It leads the session and the process group, and drops what shells add to the environment.
 * On descriptor 3 it says when signals reach the container's process; a kubelet that is gone by then must not matter.
 */
const shim = (before: string, redirect: string): string => `unset PWD OLDPWD SHLVL _
KUBERNETUS_IO=$1; shift
exec 4>&2 2>/dev/null # shells announce a killed child there
${before}trap : HUP INT QUIT ALRM TERM USR1 USR2
( trap '' PIPE; echo >&3; trap - PIPE; exec "$@" ${redirect}2>&4 3>&- 4>&- )
echo "$?" >"$KUBERNETUS_IO/exit"`;

const SHIM = shim('', '');

/** As above, with a stdin that stays open until its holder, a sleeping process, is killed. */
const SHIM_WITH_STDIN = `${shim(
  `mkfifo -m 600 "$KUBERNETUS_IO/stdin"
( exec 5<>"$KUBERNETUS_IO/stdin"; exec sleep 2147483647 >/dev/null 3>&- 4>&- ) &
KUBERNETUS_HOLDER=$!; echo "$!" >"$KUBERNETUS_IO/holder"
`,
  '<"$KUBERNETUS_IO/stdin" ',
)}
kill "$KUBERNETUS_HOLDER"`;

/** Starts a container's process in a session of its own, which outlives this one; signals reach it from then on. Throws `RunContainerError`. */
export async function launch({ argv, cwd, env, ioDir, stdin }: LaunchOptions): Promise<ChildProcess> {
  const out = openSync(join(ioDir, 'stdout'), 'a', 0o600);
  const err = openSync(join(ioDir, 'stderr'), 'a', 0o600);
  try {
    const { names, prefix } = splitEnvironment(env);
    const args = ['-c', stdin ? SHIM_WITH_STDIN : SHIM, 'kubernetus-shim', ioDir, ...prefix, ...argv];
    const child = spawn('/bin/sh', args, { cwd, env: names, detached: true, stdio: ['ignore', out, err, 'pipe'] });
    const ready = child.stdio[3];
    try {
      await new Promise<void>((resolve, reject) => {
        ready?.once('data', () => resolve());
        ready?.once('error', () => resolve());
        child.once('exit', () => resolve());
        child.once('error', (cause) =>
          reject(new RuntimeError('RunContainerError', `unable to start container process: ${cause.message}`, { cause })),
        );
      });
    } finally {
      ready?.destroy();
    }
    child.unref();
    return child;
  } finally {
    closeSync(out);
    closeSync(err);
  }
}

/** Shells lose variables whose names are no identifiers, such as `a.b`, which pods may have: `env` puts these back. */
function splitEnvironment(env: Readonly<Record<string, string>>): { names: Record<string, string>; prefix: string[] } {
  const entries = Object.entries(env);
  const odd = entries.filter(([name]) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  const names = Object.fromEntries(entries.filter((entry) => !odd.includes(entry)));
  return { names, prefix: odd.length === 0 ? [] : ['/usr/bin/env', ...odd.map(([name, value]) => `${name}=${value}`)] };
}
