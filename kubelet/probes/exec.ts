import { Writable } from 'node:stream';
import type { Clock } from '../../shared/machinery/clock.ts';
import type { ContainerId, RuntimeDriver } from '../runtime/driver.ts';
import { goDuration } from './go-error.ts';
import { MAX_OUTPUT_BYTES, type ProbeOutcome } from './probe.ts';

/** Runs a command beside the container and keeps the start of what it prints. */
export async function runInContainer(
  driver: RuntimeDriver,
  id: ContainerId,
  command: readonly string[],
  signal: AbortSignal,
): Promise<{ exitCode: number; output: string }> {
  const chunks: Buffer[] = [];
  let kept = 0;
  const collect = (): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        if (kept < MAX_OUTPUT_BYTES) chunks.push(chunk);
        kept += chunk.length;
        done();
      },
    });
  const { exitCode } = await driver.exec(id, command, { stdout: collect(), stderr: collect(), tty: false }, signal);
  return { exitCode, output: Buffer.concat(chunks).subarray(0, MAX_OUTPUT_BYTES).toString('utf8') };
}

/** Healthy when the command exits with 0 in time. Source: kubernetes pkg/probe/exec. */
export async function probeExec(
  { driver, id, command }: { driver: RuntimeDriver; id: ContainerId; command: readonly string[] },
  timeoutMs: number,
  clock: Clock,
): Promise<ProbeOutcome> {
  const timeout = new AbortController();
  const cancel = clock.setTimer(timeoutMs, () => timeout.abort());
  const late = new Promise<ProbeOutcome>((resolve) => {
    const message = `command timed out: ${JSON.stringify(command.join(' '))} timed out after ${goDuration(timeoutMs)}`;
    timeout.signal.addEventListener('abort', () => resolve({ result: 'failure', message }), { once: true });
  });
  const run = runInContainer(driver, id, command, timeout.signal).then(
    ({ exitCode, output }): ProbeOutcome => ({ result: exitCode === 0 ? 'success' : 'failure', message: output }),
    (error: unknown): ProbeOutcome => ({ result: 'unknown', message: error instanceof Error ? error.message : String(error) }),
  );
  const outcome = await Promise.race([late, run]);
  cancel();
  return outcome;
}
