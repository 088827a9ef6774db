export * from './platform.ts';
export * from './engine.ts';
export * from './work-error.ts';
export * from './worker-limits.ts';
export { runWorker, type WorkerEnd, type WorkerOptions } from './run-worker.ts';
export { createSession, nextWakeAt, stepSession } from './session.ts';
export type * from './session-state.ts';
export type { Position } from './lease-progress.ts';
export { trainingEngine } from './training-engine.ts';
