import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { type RealCluster, startCluster } from '../support/real-cluster.ts';
import { kubectls } from '../support/tools.ts';

interface Case {
  args: string[];
  stdin?: string;
  env?: NodeJS.ProcessEnv;
  /** Exit code, 0 unless given. */
  code?: number;
  want: RegExp;
}

const CONFIG_MAP = (extra: string): string => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: strict\ndata:\n  a: "1"\n${extra}`;

/** In this order, in one namespace. */
const CASES: Case[] = [
  { args: ['api-resources'], want: /deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/ },
  { args: ['api-versions'], want: /discovery\.k8s\.io\/v1/ },
  { args: ['version'], want: /Server Version: v1\.36\.\d+/ },
  { args: ['cluster-info'], want: /Kubernetes control plane.* is running at/ },
  { args: ['explain', 'pod.spec.containers'], want: /FIELD: containers <\[\]Container>/ },
  { args: ['explain', 'deployment', '--recursive'], want: /progressDeadlineSeconds/ },
  { args: ['create', 'deployment', 'web', '--image=web', '--replicas=2', '--', 'sleep', '3600'], want: /deployment\.apps\/web created/ },
  { args: ['rollout', 'status', 'deployment/web', '--timeout=60s'], want: /successfully rolled out/ },
  { args: ['expose', 'deployment', 'web', '--port=80'], want: /service\/web exposed/ },
  { args: ['get', 'all'], want: /pod\/web-[\s\S]*service\/web[\s\S]*deployment\.apps\/web[\s\S]*replicaset\.apps\/web-/ },
  { args: ['get', 'deploy', 'web', '-o', 'jsonpath={.status.readyReplicas}'], want: /^2$/ },
  { args: ['get', 'pods', '-l', 'app=web', '--field-selector=status.phase=Running', '-o', 'name'], want: /^pod\/web-\S+\npod\/web-\S+\n$/ },
  { args: ['get', 'pods', '-o', 'custom-columns=N:.metadata.name,I:.spec.containers[0].image'], want: /web-\S+\s+web/ },
  { args: ['label', 'deployment', 'web', 'tier=front'], want: /labeled/ },
  { args: ['annotate', 'deployment', 'web', 'note=x'], want: /annotated/ },
  { args: ['patch', 'deployment', 'web', '-p', '{"spec":{"replicas":1}}'], want: /patched/ },
  { args: ['patch', 'deployment', 'web', '--type=json', '-p', '[{"op":"replace","path":"/spec/replicas","value":2}]'], want: /patched/ },
  { args: ['patch', 'deployment', 'web', '--type=merge', '-p', '{"spec":{"replicas":3}}'], want: /patched/ },
  { args: ['edit', 'deployment', 'web'], env: { EDITOR: "sed -i 's/replicas: 3/replicas: 1/'" }, want: /deployment\.apps\/web edited/ },
  { args: ['wait', '--for=jsonpath={.status.replicas}=1', 'deployment/web', '--timeout=60s'], want: /condition met/ },
  { args: ['autoscale', 'deployment', 'web', '--max=3'], want: /autoscaled/ },
  { args: ['create', 'configmap', 'c', '--from-literal=a=1'], want: /configmap\/c created/ },
  { args: ['create', 'secret', 'generic', 's', '--from-literal=p=q'], want: /secret\/s created/ },
  { args: ['create', 'job', 'j', '--image=j', '--', 'true'], want: /job\.batch\/j created/ },
  { args: ['create', 'cronjob', 'cj', '--image=j', '--schedule=* * * * *', '--', 'true'], want: /cronjob\.batch\/cj created/ },
  { args: ['create', 'role', 'r', '--verb=get', '--resource=pods'], want: /role\.rbac\.authorization\.k8s\.io\/r created/ },
  {
    args: ['create', 'rolebinding', 'rb', '--role=r', '--serviceaccount=default:default'],
    want: /rolebinding\.rbac\.authorization\.k8s\.io\/rb created/,
  },
  { args: ['create', 'ingress', 'i', '--rule=a.b/x=web:80'], want: /ingress\.networking\.k8s\.io\/i created/ },
  {
    args: ['create', 'poddisruptionbudget', 'pdb', '--selector=app=web', '--min-available=1'],
    want: /poddisruptionbudget\.policy\/pdb created/,
  },
  { args: ['create', 'quota', 'q', '--hard=pods=50'], want: /resourcequota\/q created/ },
  { args: ['create', 'token', 'default'], want: /^ey\S+\.\S+\.\S+\s*$/ },
  { args: ['auth', 'can-i', 'list', 'pods', '--as=system:serviceaccount:default:default'], code: 0, want: /^yes\n/ },
  { args: ['auth', 'can-i', 'list', 'nodes', '--as=system:serviceaccount:default:default'], code: 1, want: /^no/ },
  { args: ['auth', 'whoami'], want: /kubernetes-admin/ },
  { args: ['apply', '-f', '-'], stdin: CONFIG_MAP(''), want: /configmap\/strict created/ },
  { args: ['apply', '-f', '-'], stdin: CONFIG_MAP('').replace('"1"', '"2"'), want: /configmap\/strict configured/ },
  { args: ['diff', '-f', '-'], stdin: CONFIG_MAP('').replace('"1"', '"3"'), code: 1, want: /\+ {2}a: "3"/ },
  { args: ['apply', '-f', '-'], stdin: CONFIG_MAP('nope: 1\n'), code: 1, want: /strict decoding error: unknown field "nope"/ },
  {
    args: ['apply', '--validate=warn', '-f', '-'],
    stdin: CONFIG_MAP('nope: 1\n'),
    want: /configmap\/strict configured\n[\s\S]*unknown field "nope"/,
  },
  { args: ['apply', '--dry-run=server', '-f', '-'], stdin: CONFIG_MAP(''), want: /configured \(server dry run\)/ },
  { args: ['replace', '-f', '-'], stdin: CONFIG_MAP(''), want: /configmap\/strict replaced/ },
  { args: ['get', 'configmap', 'none'], code: 1, want: /Error from server \(NotFound\): configmaps "none" not found/ },
  { args: ['get', 'configmaps', '--chunk-size=1', '-o', 'name'], want: /configmap\/c\nconfigmap\/kube-root-ca\.crt\nconfigmap\/strict\n/ },
  { args: ['get', '--raw', '/readyz?verbose'], want: /readyz check passed/ },
  { args: ['describe', 'deployment', 'web'], want: /StrategyType:\s+RollingUpdate[\s\S]*Events:[\s\S]*ScalingReplicaSet/ },
  { args: ['events', '--for', 'deployment/web'], want: /Scaled up replica set web-/ },
  { args: ['describe', 'quota', 'q'], want: /Name:\s+q/ },
  { args: ['cordon', 'node-1'], want: /node\/node-1 cordoned/ },
  { args: ['get', 'node', 'node-1'], want: /Ready,SchedulingDisabled/ },
  { args: ['uncordon', 'node-1'], want: /node\/node-1 uncordoned/ },
  { args: ['delete', 'deployment', 'web', '--cascade=foreground', '--grace-period=1'], want: /deployment\.apps "web" deleted/ },
  { args: ['get', 'pods', '-l', 'app=web'], want: /No resources found/ },
];

describe('kubectl', () => {
  let cluster: RealCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await cluster.destroy();
  });

  for (const { name, file } of kubectls()) {
    describe(name, () => {
      const namespace = name.replace(/[^a-z]/gi, '').toLowerCase();
      before(async () => {
        await cluster.kubectl(['create', 'namespace', namespace], { file });
        await eventually(() => cluster.client.get('serviceaccounts', `${namespace}/default`), { withinMs: 10_000 });
        await cluster.kubectl(
          ['create', 'rolebinding', 'viewer', '-n', namespace, '--clusterrole=view', '--serviceaccount=default:default'],
          { file },
        );
      });
      for (const { args, stdin, env, code = 0, want } of CASES)
        test(`${args.join(' ')}${stdin === undefined ? '' : ' <<<'}`, async () => {
          const result = await cluster.kubectl(['-n', namespace, ...args], {
            file,
            ...(stdin === undefined ? {} : { stdin }),
            ...(env === undefined ? {} : { env }),
          });
          const output = result.stdout + result.stderr;
          assert.equal(result.code, code, output);
          assert.match(output, want);
        });

      test('get -w shows each change as it happens', async () => {
        const child = spawn(file, ['-n', namespace, 'get', 'pods', '-w', '-o', 'wide'], {
          env: { ...process.env, KUBECONFIG: cluster.kubeconfig },
        });
        let output = '';
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        const pod = JSON.stringify({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'brief' },
          spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i', command: ['true'] }] },
        });
        await cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], { file, stdin: pod });
        await eventually(
          async () => assert.match(output, /brief\s+0\/1\s+Pending[\s\S]*brief\s+0\/1\s+Completed\s+0\s+\S+\s+127\.\S+\s+node-1/),
          { withinMs: 20_000 },
        );
        child.kill();
      });
    });
  }
});
