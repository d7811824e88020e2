import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../../shared/machinery/clock.ts';
import type { TerminalSize } from '../driver.ts';

/** A command under a pseudo-terminal. */
export interface Terminal {
  /** Runs the command; its pipes are the terminal's other side. */
  argv: string[];
  /** Gives the terminal each size that comes, until the sizes end. */
  follow(sizes: AsyncIterable<TerminalSize>, clock: Clock): Promise<void>;
  close(): void;
}

/** How long the first size waits for the terminal: tries, and ms between them. */
const OPEN_TRIES = 100;
const OPEN_PAUSE_MS = 10;

const SCRIPT = ['/usr/bin/script', '/bin/script'].find((path) => existsSync(path));

/** util-linux' `script` makes the terminal. undefined where there is none (not Linux): the command then runs without one. */
export function openTerminal(argv: readonly string[], env: Record<string, string>): Terminal | undefined {
  if (process.platform !== 'linux' || SCRIPT === undefined) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'kubernetus-tty-'));
  const device = join(dir, 'device');
  // `script` hands its command to $SHELL as one string.
  const command = `tty >${quoteForShell(device)}; exec ${argv.map(quoteForShell).join(' ')}`;
  env.SHELL = '/bin/sh';
  return {
    argv: [SCRIPT, '--quiet', '--return', '--flush', '--command', command, '/dev/null'],
    follow: async (sizes, clock) => {
      const never = new AbortController().signal;
      for await (const size of sizes) {
        // Clients send the first size at once, perhaps before there is a terminal.
        for (let tries = 0; tries < OPEN_TRIES && !isWritten(device); tries++) await clock.sleep(OPEN_PAUSE_MS, never);
        if (isWritten(device)) await resize(readFileSync(device, 'utf8').trim(), size);
      }
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function isWritten(file: string): boolean {
  return (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

async function resize(device: string, { width, height }: TerminalSize): Promise<void> {
  await new Promise<void>((resolve) => {
    execFile('stty', ['-F', device, 'cols', String(width), 'rows', String(height)], () => resolve());
  });
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
