// `node healthcheck.mjs TARGET…`: exit code 0 if every target answers 200. A target is `http://…` or `unix:SOCKET:PATH`.
import { get } from 'node:http';

const TIMEOUT_MS = 4_000;

/** @param {string} target */
function check(target) {
  return new Promise((resolve) => {
    const request = get({ ...addressOf(target), timeout: TIMEOUT_MS }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => {
        body += text;
      });
      response.on('end', () => resolve(response.statusCode === 200 ? undefined : `${target}: ${response.statusCode} ${body.trim()}`));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', (error) => resolve(`${target}: ${error.message}`));
  });
}

/** @param {string} target */
function addressOf(target) {
  const [scheme, socketPath, path] = target.split(':');
  if (scheme === 'unix') return { socketPath, path };
  const { hostname, port, pathname } = new URL(target);
  return { host: hostname, port, path: pathname };
}

const failures = (await Promise.all(process.argv.slice(2).map(check))).filter((failure) => failure !== undefined);
for (const failure of failures) console.log(failure);
process.exit(failures.length === 0 ? 0 : 1);
