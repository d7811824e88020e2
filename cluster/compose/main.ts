import { parseArgs } from 'node:util';
import { realClock } from '../../shared/machinery/clock.ts';

/** What containers run besides components: `main.ts setup …` makes the credentials, `main.ts node …` is a node. */
const [task, ...args] = process.argv.slice(2);
if (task === 'setup') {
  const { writeCredentials } = await import('./credentials.ts');
  const { values } = parseArgs({
    args,
    options: {
      directory: { type: 'string', default: '/credentials' },
      server: { type: 'string', default: '' },
      'public-server': { type: 'string', default: '' },
      'apiserver-address': { type: 'string', multiple: true, default: [] },
      node: { type: 'string', multiple: true, default: [] },
    },
  });
  await writeCredentials(
    values.directory,
    {
      server: values.server,
      // An empty port stands for one that the engine chooses.
      publicServer: new URL(values['public-server']).origin,
      apiserverAddresses: values['apiserver-address'],
      nodes: values.node.map((text) => ({ name: text.split('=')[0] ?? '', ip: text.split('=')[1] ?? '' })),
    },
    realClock.now(),
  );
} else if (task === 'node') {
  const { runNode } = await import('./run-node.ts');
  const required = { type: 'string', default: '' } as const;
  const { values } = parseArgs({
    args,
    options: { name: required, ip: required, 'pod-cidr': required, 'cluster-cidr': required, 'service-cidr': required },
  });
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  await runNode(
    {
      name: values.name,
      ip: values.ip,
      podCidr: values['pod-cidr'],
      clusterCidr: values['cluster-cidr'],
      serviceCidr: values['service-cidr'],
    },
    realClock,
    stop.signal,
  );
} else throw new Error('usage: main.ts setup|node OPTIONS');
