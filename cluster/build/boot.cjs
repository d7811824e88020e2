// Starts a bundled program: `node boot.cjs NAME ARGS…`. Compiles it from V8's code cache where one fits this Node, else makes one.
'use strict';
const { readFileSync, renameSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { Script, constants } = require('node:vm');

const name = process.argv[2];
const file = join(__dirname, `${name}.cjs`);
const cacheFile = join(__dirname, `${name}-${process.version}-${process.arch}.cache`);
process.env.KUBERNETUS_SCHEMA ??= join(__dirname, 'kubernetes.json.gz');
process.argv.splice(1, 2, file);

let cachedData;
try {
  cachedData = readFileSync(cacheFile);
} catch {
  // The first start of this build.
}
const source = readFileSync(file, 'utf8');
const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
  filename: file,
  cachedData,
  importModuleDynamically: constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER,
});
const require_ = createRequire(file);
const module_ = { exports: {} };
script.runInThisContext()(module_.exports, require_, module_, file, __dirname);

if (cachedData === undefined || script.cachedDataRejected) {
  let saved = false;
  /** Functions compiled so far are in the cache, so it is taken once the program has done its start. */
  const save = () => {
    if (saved) return;
    saved = true;
    try {
      const part = `${cacheFile}.${process.pid}`;
      writeFileSync(part, script.createCachedData());
      renameSync(part, cacheFile);
    } catch {
      // A build directory that cannot be written only costs time at the next start.
    }
  };
  setTimeout(save, 4000).unref();
  process.once('exit', save);
}
