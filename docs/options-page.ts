import { API_SERVER_OPTIONS } from '../apiserver/config.ts';
import { COMMANDS } from '../cluster/commands/commands.ts';
import { CONTROLLER_MANAGER_OPTIONS } from '../controller-manager/config.ts';
import { PROXY_OPTIONS } from '../kube-proxy/config.ts';
import { KUBELET_OPTIONS } from '../kubelet/config.ts';
import { SCHEDULER_OPTIONS } from '../scheduler/config.ts';
import { optionsDoc } from '../shared/component/describe-options.ts';
import type { OptionTable } from '../shared/component/options.ts';
import { COMMON_OPTIONS } from '../shared/component/run-component.ts';

/** Every component by its folder, with the table that also makes its flags and its `--help`. */
const TABLES: readonly (readonly [component: string, table: OptionTable])[] = [
  ['apiserver', API_SERVER_OPTIONS],
  ['scheduler', SCHEDULER_OPTIONS],
  ['controller-manager', CONTROLLER_MANAGER_OPTIONS],
  ['kubelet', KUBELET_OPTIONS],
  ['kube-proxy', PROXY_OPTIONS],
];

const INTRODUCTION = `# Options

Written by \`npm run generate\` from the option tables; do not edit.

A component reads an option from its flag, then from its environment variable, then takes the default. An unknown flag is an error.
Durations look like \`10s\`, \`1m30s\` or \`100ms\`; lists are separated by commas, and a list's flag may be repeated.
\`./kubernetus up --arg COMPONENT=--flag=value\` hands one on to a component of a cluster.
`;

/** docs/options.md, whole. */
export function optionsPage(): string {
  const commands = Object.entries(COMMANDS).map(([name, { usage, help }]) => `### ${name}\n\n\`\`\`\n${usage}\n\n${help}\n\`\`\`\n`);
  const components = TABLES.map(([component, table]) => `## ${component}\n\n${optionsDoc(table)}`);
  const common = `## Every component\n\n${optionsDoc(COMMON_OPTIONS)}`;
  return [INTRODUCTION, common, ...components, '## ./kubernetus\n', ...commands].join('\n').replaceAll('| `` |', '| |'); // no default to show
}
