import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Answer, type InProcessApiServer, send, startApiServer } from '../support/in-process-apiserver.ts';

/** A CA, the server's certificate and those of two clients, made by openssl. */
function makeCertificates(directory: string): void {
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=ca', '-days', '2');
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'stranger.key',
    '-out',
    'stranger.crt',
    '-subj',
    '/O=system:masters/CN=stranger',
    '-days',
    '2',
  );
  for (const [name, subject] of [
    ['server', '/CN=kube-apiserver'],
    ['admin', '/O=system:masters/CN=admin'],
    ['jane', '/O=devs/CN=jane'],
  ] as const) {
    openssl('req', ...key, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1');
    openssl(
      'x509',
      '-req',
      '-in',
      `${name}.csr`,
      '-CA',
      'ca.crt',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-copy_extensions',
      'copy',
    );
  }
}

interface Secure {
  certificate?: string;
  token?: string;
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

describe('access to the API server', () => {
  let server: InProcessApiServer;
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'kubernetus-pki-'));
    makeCertificates(directory);
    await writeFile(join(directory, 'tokens'), 'secret,root,1,"system:masters"\nplain,reader,2,"readers,others"\n');
    server = await startApiServer({
      config: {
        securePort: 0,
        tlsCertFile: join(directory, 'server.crt'),
        tlsPrivateKeyFile: join(directory, 'server.key'),
        clientCaFile: join(directory, 'ca.crt'),
        tokenAuthFile: join(directory, 'tokens'),
        insecureHttp: 0,
      },
    });
  });
  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  async function secure(path: string, options: Secure = {}): Promise<Answer> {
    const { certificate, token, method = 'GET', body } = options;
    const pem = (file: string): Promise<Buffer> => readFile(join(directory, file));
    const own = certificate === undefined ? {} : { cert: await pem(`${certificate}.crt`), key: await pem(`${certificate}.key`) };
    const agent = new Agent({ ca: await pem('ca.crt'), ...own });
    const port = Number(String(server.facts.address).split(':').at(-1));
    const headers = { ...options.headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    return send({ host: '127.0.0.1', port, method, path, headers, agent }, body, request);
  }

  const whoami = async (options: Parameters<typeof secure>[1]): Promise<unknown> => {
    const answer = await secure('/apis/authentication.k8s.io/v1/selfsubjectreviews', { ...options, method: 'POST', body: {} });
    return answer.code === 201 ? answer.json.status.userInfo : answer.code;
  };
  const identities = [
    {
      name: 'a client certificate',
      options: { certificate: 'admin' },
      want: { username: 'admin', groups: ['system:masters', 'system:authenticated'] },
    },
    {
      name: 'a bearer token',
      options: { token: 'plain' },
      want: { username: 'reader', uid: '2', groups: ['readers', 'others', 'system:authenticated'] },
    },
    {
      name: 'the certificate before the token',
      options: { certificate: 'jane', token: 'secret' },
      want: { username: 'jane', groups: ['devs', 'system:authenticated'] },
    },
    { name: 'nobody by a certificate of another CA', options: { certificate: 'stranger' }, want: 401 },
    { name: 'nobody by an unknown token', options: { token: 'wrong' }, want: 401 },
    { name: 'nobody without credentials', options: {}, want: 401 },
  ];
  for (const { name, options, want } of identities) {
    test(`knows ${name}`, async () => assert.deepEqual(await whoami(options), want));
  }

  test('roles say what a user may do, in words of upstream', async () => {
    const path = '/api/v1/namespaces/default/configmaps';
    const refused = await secure(path, { certificate: 'jane' });
    assert.equal(
      refused.json.message,
      'configmaps is forbidden: User "jane" cannot list resource "configmaps" in API group "" in the namespace "default"',
    );
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    await server.call('POST', `${rbac}/roles`, {
      metadata: { name: 'r' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
    });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' };
    const subjects = [{ kind: 'Group', name: 'devs', apiGroup: 'rbac.authorization.k8s.io' }];
    await server.call('POST', `${rbac}/rolebindings`, { metadata: { name: 'r' }, roleRef, subjects });
    assert.equal((await secure(path, { certificate: 'jane' })).code, 200);
    assert.equal((await secure(`${path}/a`, { certificate: 'jane', method: 'DELETE' })).code, 403);
    const review = { spec: { resourceAttributes: { verb: 'list', resource: 'configmaps', namespace: 'default' } } };
    const asked = await secure('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      certificate: 'jane',
      method: 'POST',
      body: review,
    });
    assert.equal(asked.json.status.allowed, true);
  });

  test('nobody grants what he does not hold, unless he may escalate or bind', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default';
    const joe = { 'impersonate-user': 'joe' };
    const role = (name: string, verbs: string[], resources: string[], apiGroups = ['']): object => ({
      metadata: { name },
      rules: [{ verbs, resources, apiGroups }],
    });
    const binding = (name: string, kind: string, to: string): object => ({
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name: to },
      subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'joe' }],
    });
    await server.call(
      'POST',
      `${rbac}/roles`,
      role('rbac-writer', ['create', 'patch'], ['roles', 'rolebindings'], ['rbac.authorization.k8s.io']),
    );
    await server.call('POST', `${rbac}/rolebindings`, binding('rbac-writer', 'Role', 'rbac-writer'));
    const all = await server.call('POST', `${rbac}/roles`, role('all', ['*'], ['*'], ['*']), joe);
    assert.equal(
      all.json.message,
      'roles.rbac.authorization.k8s.io "all" is forbidden: user "joe" (groups=["system:authenticated"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
    );
    const admin = await server.call('POST', `${rbac}/rolebindings`, binding('admin', 'ClusterRole', 'cluster-admin'), joe);
    assert.equal(admin.code, 403);
    assert.match(admin.json.message, /not currently held:\n\{APIGroups:\["\*"\], Resources:\["\*"\], Verbs:\["\*"\]\}\n\{NonResourceURLs:/);
    const none = await server.call('POST', `${rbac}/rolebindings`, binding('none', 'ClusterRole', 'none'), joe);
    assert.deepEqual([none.code, none.json.message], [404, 'clusterroles.rbac.authorization.k8s.io "none" not found']);
    const less = role('less', ['create'], ['roles'], ['rbac.authorization.k8s.io']);
    assert.equal((await server.call('POST', `${rbac}/roles`, less, joe)).code, 201);
    const raised = await server.call(
      'PATCH',
      `${rbac}/roles/less`,
      { rules: [{ verbs: ['get'], resources: ['pods'], apiGroups: [''] }] },
      { ...joe, 'content-type': 'application/merge-patch+json' },
    );
    assert.equal(raised.code, 403, raised.text);
    await server.call('POST', `${rbac}/roles`, role('binder', ['bind'], ['clusterroles'], ['rbac.authorization.k8s.io']));
    await server.call('POST', `${rbac}/rolebindings`, binding('binder', 'Role', 'binder'));
    assert.equal((await server.call('POST', `${rbac}/rolebindings`, binding('admin', 'ClusterRole', 'cluster-admin'), joe)).code, 201);
  });

  test('a service account has a token that is good for as long as it lives itself', async () => {
    const accounts = '/api/v1/namespaces/default/serviceaccounts';
    await server.call('POST', accounts, { metadata: { name: 'sa' } });
    const short = await server.call('POST', `${accounts}/sa/token`, { spec: { expirationSeconds: 5 } });
    assert.match(short.json.message, /may not specify a duration less than 10 minutes/);
    const issued = await server.call('POST', `${accounts}/sa/token`, { spec: { expirationSeconds: 3600 } });
    const { token } = issued.json.status;
    const user = (await whoami({ token })) as { username: string; groups: string[] };
    assert.equal(user.username, 'system:serviceaccount:default:sa');
    assert.deepEqual(user.groups, ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated']);
    const review = await server.call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } });
    assert.deepEqual([review.json.status.authenticated, review.json.status.user.username], [true, user.username]);
    const [head = '', body = ''] = token.split('.');
    assert.equal(await whoami({ token: `${head}.${body}.${'A'.repeat(86)}` }), 401);
    await server.call('DELETE', `${accounts}/sa`);
    assert.equal(await whoami({ token }), 401);
  });

  test('an administrator may act for others, who may not', async () => {
    const whois = async (headers: Record<string, string>): Promise<unknown> =>
      (await server.call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {}, headers)).json.status.userInfo;
    assert.deepEqual(await whois({ 'impersonate-user': 'joe', 'impersonate-group': 'g' }), {
      username: 'joe',
      groups: ['g', 'system:authenticated'],
    });
    const refused = await secure('/api/v1/nodes', { certificate: 'jane', headers: { 'impersonate-user': 'admin' } });
    assert.deepEqual(
      [refused.code, refused.json.message],
      [403, 'users "admin" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope'],
    );
  });

  test('probes need no credentials, everything else does', async () => {
    for (const path of ['/livez', '/readyz', '/healthz', '/readyz?verbose', '/livez/ping'])
      for (const method of ['GET', 'HEAD']) assert.equal((await secure(path, { method })).code, 200, `${method} ${path}`);
    for (const path of ['/', '/api', '/apis', '/version', '/metrics', '/openapi/v3', '/livezz'])
      assert.equal((await secure(path)).code, 401, path);
  });

  test('the socket is its owner’s alone, plain HTTP is for programs of this machine', async () => {
    assert.equal((await stat(server.socket)).mode & 0o777, 0o600);
    const port = Number(String(server.facts.insecureHttp).split(':').at(-1));
    const plain = (headers: Record<string, string>): Promise<Answer> =>
      send({ host: '127.0.0.1', port, path: '/api/v1/namespaces', headers });
    assert.equal((await plain({})).code, 200);
    assert.equal((await plain({ host: 'evil.example.com' })).code, 403);
    assert.equal((await plain({ origin: 'https://evil.example.com' })).code, 403);
    assert.equal((await plain({ origin: `http://localhost:${port}` })).code, 200);
  });

  test('the service kubernetes leads to this server', async () => {
    const slice = await server.call('GET', '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes');
    assert.equal(`${slice.json.endpoints[0].addresses[0]}:${slice.json.ports[0].port}`, server.facts.address);
    const service = await server.call('GET', '/api/v1/namespaces/default/services/kubernetes');
    assert.equal(service.json.spec.clusterIP, '10.96.0.1');
  });
});
