import { parseArgs } from 'node:util';
import { realClock } from '../../shared/machinery/clock.ts';

/** What containers run besides components: `main.ts setup …` makes the credentials, `main.ts node …` is a node. */
const [task, ...args] = process.argv.slice(2);
const required = { type: 'string', default: '' } as const;
const list = { type: 'string', multiple: true } as const;

if (task === 'setup') {
  const options = { directory: required, server: required, 'public-server': required, 'apiserver-address': list, node: list } as const;
  const { values } = parseArgs({ args, options });
  const cluster = {
    server: values.server,
    publicServer: new URL(values['public-server']).origin, // without a port where the engine chooses one
    apiserverAddresses: values['apiserver-address'] ?? [],
    nodes: (values.node ?? []).map((text) => ({ name: text.split('=')[0] ?? '', ip: text.split('=')[1] ?? '' })),
  };
  const { writeCredentials } = await import('./credentials.ts');
  await writeCredentials(values.directory, cluster, realClock.now());
} else if (task === 'node') {
  const options = { name: required, ip: required, 'pod-cidr': required, 'cluster-cidr': required, 'service-cidr': required };
  const { name, ip, ...cidrs } = parseArgs({ args, options }).values;
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort());
  const node = { name, ip, podCidr: cidrs['pod-cidr'], clusterCidr: cidrs['cluster-cidr'], serviceCidr: cidrs['service-cidr'] };
  const { runNode } = await import('./run-node.ts');
  await runNode(node, realClock, stop.signal);
} else throw new Error('usage: main.ts setup|node OPTIONS');
