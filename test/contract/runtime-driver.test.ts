import { ProcessDriver } from '../../kubelet/runtime/process/driver.ts';
import { SimulatedDriver } from '../../kubelet/runtime/simulated/driver.ts';
import { realClock } from '../../shared/machinery/clock.ts';
import { silentLog } from '../support/silent-log.ts';
import { runtimeDriverContract } from './runtime-driver.ts';

runtimeDriverContract('process', (rootDir) => ProcessDriver.open({ rootDir, clock: realClock, log: silentLog }));
runtimeDriverContract('simulated', async () => new SimulatedDriver({ clock: realClock }));
