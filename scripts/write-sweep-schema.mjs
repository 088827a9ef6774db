// Writes sweeps/schema.json, the JSON Schema that editors check sweep files with. Run `npm run build` first.
import { writeFileSync } from 'node:fs';
import { sweepJsonSchemaText } from '../libs/experiment/dist/index.js';

const file = new URL('../sweeps/schema.json', import.meta.url);
writeFileSync(file, sweepJsonSchemaText());
