import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

/**
 * Who may import whom: docs/architecture.md in lint form. A room names the rooms it may import, and the packages from
 * npm that it may never load. A forbidden import fails `npm run lint`.
 */
const platform = ['@nestjs/*', 'ws', '@prisma/*', 'pg', '@electric-sql/*', 'express', 'pino', 'commander'];
const tfjs = ['@tensorflow/*'];
const rooms = [
  { room: 'tensors', imports: [], external: ['@noble/hashes', '@noble/hashes/*', 'fast-check', '@jest/globals'] },
  { room: 'protocol', imports: [], external: ['zod', 'msgpackr', 'fast-check', '@jest/globals'] },
  { room: 'coordination', imports: ['protocol', 'tensors'], banned: [...platform, ...tfjs, 'zod', 'msgpackr'] },
  { room: 'experiment', imports: ['tensors'], banned: [...platform, ...tfjs] },
  { room: 'kernels', imports: [], external: ['assemblyscript/asc', 'fast-check', '@jest/globals'] },
  { room: 'training', imports: ['tensors', 'experiment', 'kernels'], banned: platform },
  { room: 'worker', imports: ['protocol', 'tensors', 'experiment', 'training'], banned: [...platform, ...tfjs] },
  {
    room: 'simulation',
    imports: ['protocol', 'tensors', 'coordination', 'experiment', 'kernels', 'training', 'worker'],
    banned: [...platform, ...tfjs],
  },
  { room: 'coordinator', imports: ['protocol', 'coordination', 'tensors', 'experiment', 'kernels'], banned: tfjs },
  {
    room: 'node-worker',
    imports: ['protocol', 'tensors', 'experiment', 'training', 'worker'],
    banned: ['@nestjs/*', '@prisma/*', 'pg'],
  },
  {
    room: 'web',
    imports: ['protocol', 'tensors', 'experiment', 'training', 'worker'],
    banned: [...platform, '@nestjs/*'],
  },
  { room: 'cli', imports: ['protocol', 'experiment'], banned: [...tfjs, '@nestjs/*', '@prisma/*', 'pg'] },
  { room: 'test', imports: ['*'] },
  { room: 'bench', imports: ['*'] },
];

const coreRooms = ['protocol', 'coordination', 'tensors', 'kernels', 'experiment', 'training', 'worker'];

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      'apps/web/site/**',
      '**/node_modules/**',
      '**/generated/**',
      // AssemblyScript: looks like TypeScript, is none.
      'libs/kernels/assembly/**',
      '.nx/**',
      'coverage/**',
      'test-output/**',
      '.gradpool/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.recommendedTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          banTransitiveDependencies: false,
          depConstraints: rooms.map(({ room, imports, banned, external }) => ({
            sourceTag: `room:${room}`,
            onlyDependOnLibsWithTags: imports.map((name) => (name === '*' ? '*' : `room:${name}`)),
            ...(banned ? { bannedExternalImports: banned } : {}),
            ...(external ? { allowedExternalImports: external } : {}),
          })),
        },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      '@typescript-eslint/no-floating-promises': ['error', { allowForKnownSafeCalls: [] }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/prefer-nullish-coalescing': 'error',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
    },
  },
  {
    // The core is pure: no platform module and no hidden clock or randomness.
    files: coreRooms.map((room) => `libs/${room}/src/**/*.ts`),
    ignores: ['**/*.test.ts', '**/*.long.ts', '**/testing/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'Core libs run in browsers too: take it from the platform.' }] },
      ],
    },
  },
  {
    files: ['libs/{coordination,protocol,tensors,experiment,simulation,worker}/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.long.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time is an argument here.' },
        { object: 'Math', property: 'random', message: 'Randomness is an argument here.' },
        { object: 'performance', property: 'now', message: 'Time is an argument here.' },
      ],
    },
  },
  {
    files: ['apps/cli/**/*.ts', 'bench/**/*.ts', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['apps/coordinator/**/*.ts'],
    rules: { '@typescript-eslint/no-extraneous-class': 'off' },
  },
  {
    // In no project: Prisma reads it as it is.
    files: ['prisma.config.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },
  {
    files: ['**/*.{js,mjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { process: 'readonly', Buffer: 'readonly', console: 'readonly', URL: 'readonly', fetch: 'readonly' },
    },
  },
);
