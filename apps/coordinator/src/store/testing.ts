/** For tests and benchmarks of this and other rooms; nothing in production loads it. */
export {
  sampleAttempt,
  sampleBaseline,
  sampleCell,
  sampleDigest,
  sampleSweep,
  sampleTime,
  sampleTrial,
  sampleWorker,
  sampleWorkerId,
} from './sample-rows.ts';
export { openTestServer, whyNoTestServer } from './throwaway-server.ts';
export type { TestDatabase, TestServer } from './throwaway-server.ts';
