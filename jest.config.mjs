/** Libs are read as source through the `@gradpool/source` condition, so no build is needed before the tests. */
const swc = {
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

/** Angle brackets mean elements in these files, so they have a parser of their own. */
const swcElements = {
  ...swc,
  jsc: {
    ...swc.jsc,
    parser: { ...swc.jsc.parser, tsx: true },
    transform: { ...swc.jsc.transform, react: { runtime: 'automatic' } },
  },
};

/** @type {import('jest').Config} */
const project = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@gradpool/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: { '\\.ts$': ['@swc/jest', swc], '\\.tsx$': ['@swc/jest', swcElements] },
  modulePathIgnorePatterns: ['/dist/'],
};

/** @type {import('jest').Config} */
export default {
  // Jest leaves a core free by itself: of two, half the machine, while system tests mostly wait for other processes.
  maxWorkers: '100%',
  // Nothing is timed: a test that hangs is ended, one on a machine that others use too is not.
  testTimeout: 120_000,
  testSequencer: '<rootDir>/test/longest-first.mjs',
  projects: [
    {
      ...project,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,apps}/*/src/**/*.test.ts', '<rootDir>/bench/src/**/*.test.ts'],
    },
    {
      ...project,
      displayName: 'system',
      setupFilesAfterEnv: ['<rootDir>/test/src/patience.ts'],
      testMatch: ['<rootDir>/test/src/**/*.test.ts'],
    },
    {
      ...project,
      displayName: 'long',
      setupFilesAfterEnv: ['<rootDir>/test/src/patience.ts'],
      testMatch: ['<rootDir>/test/src/**/*.long.ts', '<rootDir>/libs/simulation/src/**/*.long.ts'],
    },
  ],
};
