import { UserspaceProxier } from '../../../../../kube-proxy/modes/userspace/userspace-proxier.ts';
import { realClock } from '../../../../../shared/machinery/clock.ts';
import { proxierContract } from '../../../../contract/proxier.ts';
import { silentLog } from '../../../../support/silent-log.ts';

proxierContract('userspace', () => new UserspaceProxier({ clock: realClock, log: silentLog, udpTimeoutMs: 60_000 }), '127.213.7.9');
