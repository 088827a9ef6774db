export * from './trial-spec.ts';
