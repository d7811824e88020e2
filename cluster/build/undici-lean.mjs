// What bundles take for the package undici: the parts that components use, without fetch, web sockets, caches and mocks, which cost
// every process 35 ms and 4 MB at its start. An import of anything else fails the build: add it here.
import request from 'undici/lib/api/api-request.js';
import buildConnector from 'undici/lib/core/connect.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Pool from 'undici/lib/dispatcher/pool.js';

Dispatcher.prototype.request = request;

export { buildConnector, Pool };
