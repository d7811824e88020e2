import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { helpText, optionsDoc } from '../../../../shared/component/describe-options.ts';
import { OptionError, type OptionTable, parseDuration, parseOptions } from '../../../../shared/component/options.ts';

const TABLE = {
  'node-name': { type: 'string', help: 'name of the node', upstreamFlag: 'hostname-override' },
  port: { type: 'number', default: 10250, help: 'port to listen on' },
  'leader-elect': { type: 'boolean', default: true, help: 'elect a leader first' },
  controllers: { type: 'list', default: ['*'], help: 'controllers to run' },
  'sync-period': { type: 'duration', default: 60_000, help: 'time between syncs' },
  kubeconfig: { type: 'string', optional: true, help: 'file with the address and credentials' },
} as const satisfies OptionTable;

const defaults = { nodeName: 'n1', port: 10250, leaderElect: true, controllers: ['*'], syncPeriod: 60_000, kubeconfig: undefined };

describe('parseOptions', () => {
  const cases: { name: string; argv: string[]; env?: Record<string, string>; want: object }[] = [
    { name: 'takes defaults', argv: ['--node-name=n1'], want: defaults },
    { name: 'takes a value as the next argument', argv: ['--node-name', 'n1', '--port', '0'], want: { ...defaults, port: 0 } },
    { name: 'takes a value with = in it', argv: ['--node-name=a=b'], want: { ...defaults, nodeName: 'a=b' } },
    { name: 'takes a negated boolean', argv: ['--node-name=n1', '--leader-elect=false'], want: { ...defaults, leaderElect: false } },
    { name: 'takes a bare boolean before another flag', argv: ['--leader-elect', '--node-name=n1'], want: defaults },
    {
      name: 'joins lists',
      argv: ['--node-name=n1', '--controllers=a,b', '--controllers', 'c'],
      want: { ...defaults, controllers: ['a', 'b', 'c'] },
    },
    { name: 'takes durations', argv: ['--node-name=n1', '--sync-period=1m30s'], want: { ...defaults, syncPeriod: 90_000 } },
    {
      name: 'takes the environment, flags first',
      argv: ['--port=1'],
      env: { KUBERNETUS_NODE_NAME: 'n1', KUBERNETUS_PORT: '2', KUBERNETUS_CONTROLLERS: 'x, y' },
      want: { ...defaults, port: 1, controllers: ['x', 'y'] },
    },
  ];
  for (const { name, argv, env = {}, want } of cases) test(name, () => assert.deepEqual(parseOptions(TABLE, argv, env), want));

  const wrong: { name: string; argv: string[]; env?: Record<string, string>; want: string }[] = [
    { name: 'names a missing option', argv: [], want: 'option --node-name (or KUBERNETUS_NODE_NAME) is required: name of the node' },
    {
      name: 'suggests the option that was meant',
      argv: ['--node-nam=x'],
      want: 'unknown option --node-nam, did you mean --node-name; --help lists all options',
    },
    { name: 'names an unknown option', argv: ['--zzz'], want: 'unknown option --zzz; --help lists all options' },
    { name: 'is not fooled by names of Object', argv: ['--constructor=1'], want: 'unknown option --constructor; --help lists all options' },
    { name: 'names a stray argument', argv: ['up'], want: 'argument "up" is not an option; options start with --' },
    { name: 'names a flag without value', argv: ['--port'], want: 'option --port needs a value' },
    { name: 'names a bad number', argv: ['--port=x'], want: 'value "x" of --port must be a number' },
    { name: 'names a bad boolean', argv: ['--leader-elect=yes'], want: 'value "yes" of --leader-elect must be true or false' },
    {
      name: 'names a bad duration of the environment',
      argv: ['--node-name=n1'],
      env: { KUBERNETUS_SYNC_PERIOD: '5' },
      want: 'value "5" of KUBERNETUS_SYNC_PERIOD must be a duration such as 10s, 1m30s or 100ms',
    },
  ];
  for (const { name, argv, env = {}, want } of wrong)
    test(name, () => assert.throws(() => parseOptions(TABLE, argv, env), new OptionError(want)));
});

test('parseDuration reads what Go writes', () => {
  assert.deepEqual(['0', '100ms', '10s', '1m30s', '1.5h', '2h0m0.5s'].map(parseDuration), [0, 100, 10_000, 90_000, 5_400_000, 7_200_500]);
  for (const text of ['', '5', 's', '1x', '-1s', '1s ']) assert.throws(() => parseDuration(text), OptionError, text);
});

test('helpText and optionsDoc show every option', () => {
  const help = helpText('kubelet', TABLE);
  assert.match(
    help,
    /^Usage: kubelet \[options\]\n\nOptions:\n {2}--node-name STRING +name of the node \(required\) \[KUBERNETUS_NODE_NAME\]\n/,
  );
  assert.match(help, / {2}--leader-elect +elect a leader first \(default true\) \[KUBERNETUS_LEADER_ELECT\]\n/);
  assert.match(help, / {2}--sync-period DURATION +time between syncs \(default 1m\)/);
  const doc = optionsDoc(TABLE);
  assert.ok(doc.includes('| `--node-name` | `KUBERNETUS_NODE_NAME` | string | required | name of the node · as `--hostname-override` |\n'));
  assert.ok(doc.includes('| `--kubeconfig` | `KUBERNETUS_KUBECONFIG` | string |  | file with the address and credentials |\n'));
});
