import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

const MAPS = '/api/v1/namespaces/default/configmaps';
const MERGE = { 'content-type': 'application/merge-patch+json' };

interface Seen {
  type: string;
  name: string;
  version: string;
}

/** A watch that keeps what it hears. */
class TestWatch {
  readonly events: Seen[] = [];
  // biome-ignore lint/suspicious/noExplicitAny: what tests look into
  readonly objects: any[] = [];
  ended = false;
  readonly #response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.#response = response;
    let rest = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const { type, object } = JSON.parse(line);
        this.events.push({ type, name: object.metadata?.name ?? '', version: object.metadata?.resourceVersion ?? '' });
        this.objects.push(object);
      }
    });
    response.on('close', () => {
      this.ended = true;
    });
    response.on('error', () => {});
  }

  get told(): string[] {
    return this.events.map(({ type, name }) => (name === '' ? type : `${type} ${name}`));
  }

  stop(): void {
    this.#response.destroy();
  }
}

function watch(server: InProcessApiServer, path: string, headers: Record<string, string> = {}): Promise<TestWatch> {
  return new Promise((resolve, reject) => {
    request({ socketPath: server.socket, path, headers }, (response) => resolve(new TestWatch(response)))
      .on('error', reject)
      .end();
  });
}

const told = (seen: TestWatch, want: string[]): Promise<void> => eventually(() => assert.deepEqual(seen.told, want), { withinMs: 3000 });
const versionOf = async (server: InProcessApiServer): Promise<string> =>
  (await server.call('GET', `${MAPS}?limit=1`)).json.metadata.resourceVersion;
const create = (server: InProcessApiServer, name: string, labels?: object): ReturnType<InProcessApiServer['call']> =>
  server.call('POST', MAPS, { metadata: { name, ...(labels && { labels }) } });

describe('lists and watches of the API server', () => {
  let server: InProcessApiServer;
  before(async () => {
    server = await startApiServer();
  });
  after(() => server.stop());

  test('a watch from a version tells all that happened since, then what happens', async () => {
    const version = await versionOf(server);
    await create(server, 'a1');
    const seen = await watch(server, `${MAPS}?watch=1&resourceVersion=${version}`);
    await server.call('PATCH', `${MAPS}/a1`, { data: { a: '1' } }, MERGE);
    await server.call('DELETE', `${MAPS}/a1`);
    await told(seen, ['ADDED a1', 'MODIFIED a1', 'DELETED a1']);
    const versions = seen.events.map((event) => Number(event.version));
    assert.deepEqual(
      versions,
      [...versions].sort((a, b) => a - b),
    );
    assert.equal(new Set(versions).size, 3);
    seen.stop();
  });

  test('objects that begin or cease to match are added and deleted to a watch with a selector', async () => {
    const version = await versionOf(server);
    const seen = await watch(server, `${MAPS}?watch=true&resourceVersion=${version}&labelSelector=in`);
    await create(server, 'b1');
    await server.call('PATCH', `${MAPS}/b1`, { metadata: { labels: { in: '' } } }, MERGE);
    await server.call('PATCH', `${MAPS}/b1`, { data: { a: '1' } }, MERGE);
    const gone = await server.call('PATCH', `${MAPS}/b1`, { metadata: { labels: { in: null } } }, MERGE);
    await told(seen, ['ADDED b1', 'MODIFIED b1', 'DELETED b1']);
    assert.equal(seen.events[2]?.version, gone.json.metadata.resourceVersion);
    assert.deepEqual(seen.objects[2].metadata.labels, { in: '' });
    seen.stop();
  });

  test('a watch without a version begins with the state; with sendInitialEvents a bookmark ends it', async () => {
    await create(server, 'c1', { c: '' });
    const plain = await watch(server, `${MAPS}?watch=1&labelSelector=c`);
    const query = 'sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan';
    const initial = await watch(server, `${MAPS}?watch=1&labelSelector=c&${query}`);
    await told(plain, ['ADDED c1']);
    await told(initial, ['ADDED c1', 'BOOKMARK']);
    assert.deepEqual(initial.objects[1].metadata.annotations, { 'k8s.io/initial-events-end': 'true' });
    await create(server, 'c2', { c: '' });
    await told(plain, ['ADDED c1', 'ADDED c2']);
    plain.stop();
    initial.stop();
  });

  test('a table watch names its columns once', async () => {
    const version = await versionOf(server);
    const seen = await watch(server, `${MAPS}?watch=1&resourceVersion=${version}`, {
      accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
    });
    await create(server, 'd1');
    await create(server, 'd2');
    await eventually(() => assert.equal(seen.objects.length, 2), { withinMs: 3000 });
    assert.deepEqual(
      seen.objects.map((table) => [table.kind, table.columnDefinitions === null, table.rows[0].cells[0]]),
      [
        ['Table', false, 'd1'],
        ['Table', true, 'd2'],
      ],
    );
    seen.stop();
  });

  test('watches by name and by node hear only of theirs', async () => {
    const version = await versionOf(server);
    const byName = await watch(server, `${MAPS}?watch=1&resourceVersion=${version}&fieldSelector=metadata.name=e2`);
    const deprecated = await watch(server, `/api/v1/watch/namespaces/default/configmaps/e2?resourceVersion=${version}`);
    const byNode = await watch(server, `/api/v1/pods?watch=1&resourceVersion=${version}&fieldSelector=spec.nodeName=n1`);
    for (const name of ['e1', 'e2']) await create(server, name);
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    for (const name of ['p1', 'p2']) await server.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name }, spec });
    const target = { kind: 'Node', name: 'n1' };
    assert.equal((await server.call('POST', '/api/v1/namespaces/default/pods/p1/binding', { metadata: { name: 'p1' }, target })).code, 201);
    await server.call('DELETE', '/api/v1/namespaces/default/pods/p1?gracePeriodSeconds=0');
    await told(byName, ['ADDED e2']);
    await told(deprecated, ['ADDED e2']);
    await told(byNode, ['ADDED p1', 'MODIFIED p1', 'DELETED p1']);
    for (const seen of [byName, deprecated, byNode]) seen.stop();
  });

  test('many watches of one thing all hear everything in order', async () => {
    const version = await versionOf(server);
    const all = await Promise.all(
      Array.from({ length: 10 }, () => watch(server, `${MAPS}?watch=1&resourceVersion=${version}&labelSelector=many`)),
    );
    await Promise.all(Array.from({ length: 100 }, (_, i) => create(server, `many-${i}`, { many: '' })));
    for (const seen of all) await eventually(() => assert.equal(seen.events.length, 100), { withinMs: 5000 });
    for (const seen of all) assert.deepEqual(seen.events, all[0]?.events);
    for (const seen of all) seen.stop();
  });

  test('pages of a list are of one moment, whatever happens between', async () => {
    for (const name of ['f1', 'f2', 'f3', 'f5']) await create(server, name, { f: '' });
    const first = await server.call('GET', `${MAPS}?limit=2&labelSelector=f`);
    await create(server, 'f4', { f: '' });
    await server.call('DELETE', `${MAPS}/f3`);
    const second = await server.call('GET', `${MAPS}?limit=2&labelSelector=f&continue=${first.json.metadata.continue}`);
    const names = [first, second].flatMap(({ json }) => json.items.map((item: { metadata: { name: string } }) => item.metadata.name));
    assert.deepEqual(names, ['f1', 'f2', 'f3', 'f5']);
    assert.equal(second.json.metadata.resourceVersion, first.json.metadata.resourceVersion);
    assert.equal(second.json.metadata.continue, undefined);
  });

  test('a page of the past goes on in its own namespace, whatever the token says', async () => {
    await server.call('POST', '/api/v1/namespaces/kube-system/configmaps', { metadata: { name: 'hidden' } });
    const token = Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: -1, start: 'a/a\u0000' })).toString('base64url');
    const list = await server.call('GET', `/api/v1/namespaces/kube-system/configmaps?continue=${token}`);
    const namespaces = new Set(list.json.items.map((item: { metadata: { namespace: string } }) => item.metadata.namespace));
    assert.deepEqual([...namespaces], ['kube-system']);
  });

  test('a client that does not read is cut off, the others hear on', async () => {
    const version = await versionOf(server);
    const path = `${MAPS}?watch=1&resourceVersion=${version}&labelSelector=big`;
    const reading = await watch(server, path);
    const socket = connect(server.socket);
    socket.pause().write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const data = { a: 'x'.repeat(900_000) };
    await server.call('POST', MAPS, { metadata: { name: 'big', labels: { big: '' } }, data });
    const patches = 30;
    for (let i = 0; i < patches; i++) await server.call('PATCH', `${MAPS}/big`, { data: { i: String(i) } }, MERGE);
    await eventually(() => assert.equal(reading.events.length, patches + 1), { withinMs: 5000 });
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
    });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {}).resume();
    await closed;
    assert.ok(received < (patches + 1) * 900_000, `${received} bytes were kept for it`);
    reading.stop();
  });

  test('the past can be listed by its version', async () => {
    const { json } = await create(server, 'g1', { g: '' });
    await server.call('DELETE', `${MAPS}/g1`);
    const then = await server.call(
      'GET',
      `${MAPS}?labelSelector=g&resourceVersion=${json.metadata.resourceVersion}&resourceVersionMatch=Exact`,
    );
    assert.deepEqual(
      then.json.items.map((item: { metadata: { name: string } }) => item.metadata.name),
      ['g1'],
    );
  });
});

describe('the end of a watch', () => {
  test('times out where the client says, after a bookmark; stopping the server ends the others', async () => {
    const clock = new FakeClock();
    const server = await startApiServer({ clock });
    const seen = await watch(
      server,
      `${MAPS}?watch=1&allowWatchBookmarks=true&timeoutSeconds=10&resourceVersion=${await versionOf(server)}`,
    );
    const other = await watch(server, `${MAPS}?watch=1`);
    await clock.advance(8_000);
    await told(seen, ['BOOKMARK']);
    await clock.advance(2_000);
    await eventually(() => assert.equal(seen.ended, true), { withinMs: 3000 });
    assert.equal(other.ended, false);
    await server.stop();
    assert.equal(other.ended, true);
  });

  test('a watch from before a restart goes on without a gap, one from the future is refused', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'kubernetus-'));
    const first = await startApiServer({ storage: 'level', directory });
    const version = await versionOf(first);
    await create(first, 'a', { old: '' });
    await first.call('PATCH', `${MAPS}/a`, { metadata: { labels: { old: null } } }, MERGE);
    await create(first, 'b');
    await first.stop();
    const second = await startApiServer({ storage: 'level', directory });
    const all = await watch(second, `${MAPS}?watch=1&resourceVersion=${version}`);
    const selected = await watch(second, `${MAPS}?watch=1&resourceVersion=${version}&labelSelector=old`);
    await create(second, 'c');
    await told(all, ['ADDED a', 'MODIFIED a', 'ADDED b', 'ADDED c']);
    await told(selected, ['ADDED a', 'DELETED a']);
    const ahead = await second.call('GET', `${MAPS}?watch=1&resourceVersion=99999999`);
    assert.deepEqual([ahead.code, ahead.json.reason, ahead.json.details.causes[0].reason], [504, 'Timeout', 'ResourceVersionTooLarge']);
    await second.stop();
    await rm(directory, { recursive: true });
  });
});
