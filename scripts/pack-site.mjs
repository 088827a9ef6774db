import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/**
 * Puts a `.gz` copy beside each text and program of the built web pages, once, so that the coordinator packs nothing while
 * a classroom opens its link. (Brotli would be smaller, but browsers take it over HTTPS only.)
 */
const site = fileURLToPath(new URL('../apps/web/site', import.meta.url));
const packed = new Set(['.js', '.css', '.wasm', '.svg', '.json']);
/** Below this a packet is a packet. */
const bytesMin = 1_000;

for (const name of readdirSync(site, { recursive: true, encoding: 'utf8' })) {
  if (!packed.has(extname(name))) continue;
  const bytes = readFileSync(join(site, name));
  if (bytes.length >= bytesMin) writeFileSync(join(site, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}
