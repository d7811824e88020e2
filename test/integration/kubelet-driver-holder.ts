import type { RuntimeDriver } from '../../kubelet/runtime/driver.ts';
import { ProcessDriver } from '../../kubelet/runtime/process/driver.ts';
import { realClock } from '../../shared/machinery/clock.ts';
import { containerSpec, sandboxSpec } from '../contract/runtime-driver.ts';
import { silentLog } from '../support/silent-log.ts';

/** Stands for a kubelet that the test kills: starts containers, tells their states as one line of JSON, and stays. */
const [rootDir = '', ...scripts] = process.argv.slice(2);
const { signal } = new AbortController();
const driver: RuntimeDriver = await ProcessDriver.open({ rootDir, clock: realClock, log: silentLog });
const { id } = await driver.runSandbox(sandboxSpec(rootDir), signal);
for (const [attempt, script] of scripts.entries()) {
  await driver.startContainer(await driver.createContainer(id, containerSpec(rootDir, { attempt, command: ['sh', '-c', script] }), signal));
}
process.stdout.write(`${JSON.stringify(await driver.list())}\n`);
setInterval(() => undefined, 1_000);
