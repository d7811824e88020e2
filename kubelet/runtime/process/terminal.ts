import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TerminalSize } from '../driver.ts';

/** A command under a pseudo-terminal. */
export interface Terminal {
  /** Runs the command; its pipes are the terminal's other side. */
  argv: string[];
  /** Gives the terminal each size that comes, until the sizes end. */
  follow(sizes: AsyncIterable<TerminalSize>, pid: () => number | undefined): Promise<void>;
  close(): void;
}

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
    follow: async (sizes) => {
      for await (const { width, height } of sizes) await resize(device, width, height);
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}

async function resize(file: string, width: number, height: number): Promise<void> {
  let device: string;
  try {
    device = readFileSync(file, 'utf8').trim();
  } catch {
    return; // the command has not begun: it learns the next size
  }
  await new Promise<void>((resolve) => {
    execFile('stty', ['-F', device, 'cols', String(width), 'rows', String(height)], () => resolve());
  });
}

function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
