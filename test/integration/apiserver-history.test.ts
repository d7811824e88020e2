import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type InProcessApiServer, startApiServer } from '../support/in-process-apiserver.ts';

const MAPS = '/api/v1/namespaces/kube-public/configmaps';
/** Beyond the window of the history log, and a look of the compactor. */
const TWO_DAYS_MS = 2 * 24 * 60 * 60 * 1000;

async function fill(server: InProcessApiServer, names: readonly string[]): Promise<void> {
  for (const name of names) await server.call('POST', MAPS, { metadata: { name } });
}

async function pages(server: InProcessApiServer, query: string, betweenPages: () => Promise<void>): Promise<string[][]> {
  const seen: string[][] = [];
  for (let token = ''; ; ) {
    const { json } = await server.call('GET', `${MAPS}?${query}${token === '' ? '' : `&continue=${token}`}`);
    seen.push(json.items.map((item: { metadata: { name: string } }) => item.metadata.name));
    token = json.metadata.continue ?? '';
    if (token === '') return seen;
    await betweenPages();
  }
}

describe('the past of the API server', () => {
  for (const storage of ['memory', 'level'] as const) {
    test(`pages show one revision while others write (${storage})`, async () => {
      const server = await startApiServer({ storage });
      try {
        await fill(server, ['a', 'b', 'c', 'd', 'e']);
        let writes = 0;
        const change = async (): Promise<void> => {
          await fill(server, [`b${writes++}`]);
          await server.call('DELETE', `${MAPS}/e`);
        };
        assert.deepEqual(await pages(server, 'limit=2', change), [['a', 'b'], ['c', 'd'], ['e']]);
      } finally {
        await server.stop();
      }
    });
  }

  test('what was compacted is gone: lists at a revision, next pages and watches say so', async () => {
    const clock = new FakeClock();
    const server = await startApiServer({ clock });
    try {
      await fill(server, ['a', 'b']);
      const first = (await server.call('GET', `${MAPS}?limit=1`)).json.metadata;
      await fill(server, ['c']);
      await clock.advance(TWO_DAYS_MS);
      const exact = `${MAPS}?resourceVersion=${first.resourceVersion}&resourceVersionMatch=Exact`;
      await eventually(async () => assert.equal((await server.call('GET', exact)).code, 410));
      const gone = (await server.call('GET', exact)).json;
      assert.deepEqual([gone.reason, gone.message], ['Expired', 'The resourceVersion for the provided list is too old.']);
      const page = (await server.call('GET', `${MAPS}?limit=1&continue=${first.continue}`)).json;
      assert.deepEqual([page.code, page.reason], [410, 'Expired']);
      assert.match(page.message, /^The provided continue parameter is too old to display a consistent list result\./);
      const rest = (await server.call('GET', `${MAPS}?continue=${page.metadata.continue}`)).json;
      assert.deepEqual(
        rest.items.map((item: { metadata: { name: string } }) => item.metadata.name),
        ['b', 'c'],
      );
    } finally {
      await server.stop();
    }
  });
});
