/**
 * Proves that the boundary lint is awake: it lints imports that docs/architecture.md forbids and fails unless each is
 * refused. (The Nx rule skips itself with a mere warning when it has no project graph.)
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';

const root = fileURLToPath(new URL('..', import.meta.url));
const forbidden = [
  ['libs/tensors', '@gradpool/protocol'],
  ['libs/protocol', 'ws'],
  ['libs/coordination', '@gradpool/training'],
  ['libs/coordination', '@nestjs/common'],
  ['libs/coordination', 'node:fs'],
  ['libs/kernels', '@gradpool/tensors'],
  ['libs/worker', '@tensorflow/tfjs-core'],
  ['apps/coordinator', '@tensorflow/tfjs-core'],
  ['apps/coordinator', '@gradpool/training'],
  ['apps/cli', '@gradpool/coordination'],
  ['apps/node-worker', '@gradpool/coordination'],
];

const eslint = new ESLint({
  cwd: root,
  // The probe is text without a file, so the type-aware parts have to rest.
  overrideConfig: {
    languageOptions: { parserOptions: { projectService: false, project: null } },
  },
  ruleFilter: ({ ruleId }) => ruleId === '@nx/enforce-module-boundaries' || ruleId === 'no-restricted-imports',
});

let missed = 0;
for (const [room, name] of forbidden) {
  const filePath = path.join(root, room, 'src', 'index.ts');
  const [result] = await eslint.lintText(`import * as probe from '${name}';\nexport { probe };\n`, { filePath });
  const refused = result.messages.some(({ ruleId }) => ruleId !== null);
  if (!refused) {
    missed += 1;
    console.error(`boundary lint let ${room} import ${name}`);
    for (const { message } of result.messages) console.error(`  ${message}`);
  }
}
console.log(`boundaries: ${forbidden.length - missed} of ${forbidden.length} forbidden imports refused`);
process.exitCode = missed === 0 ? 0 : 1;
