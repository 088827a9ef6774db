/**
 * Compiles assembly/ to one SIMD WebAssembly module and writes it, as base64 text, to src/generated/module.ts: Node, Jest
 * and browser bundles then find it alike. The file is rewritten only when it changes, so that `tsc -b` can skip.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('.', import.meta.url));
const generated = new URL('src/generated/module.ts', import.meta.url);

const options = [
  ...['--baseDir', folder, '--outFile', 'module.wasm'],
  ...['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
  // The caller owns the memory (tfjs's heap, or an arena): the module must bring no data of its own.
  ...['--importMemory', '--noExportMemory', '--initialMemory', '1'],
];
let bytes;
const { error, stderr } = await asc.main(['assembly/index.ts', ...options], {
  writeFile: (_name, contents) => {
    bytes = contents;
  },
});
if (error || !bytes) throw new Error(`The kernels do not compile: ${error?.message}\n${stderr}`);

const digest = createHash('sha256').update(bytes).digest('hex');
const text = `/** The compiled kernels (assembly/), written by build.mjs. */
export const moduleBase64 =
  '${Buffer.from(bytes).toString('base64')}';
/** SHA-256 of the module, 64 hex digits. */
export const moduleSha256 = '${digest}';
`;
mkdirSync(new URL('.', generated), { recursive: true });
if (read(generated) !== text) writeFileSync(generated, text);

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
