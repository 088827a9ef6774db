/** What the benchmarks measure. */
export { openDesk, type DeskSource, type VectorDesk } from './vector-desk.ts';
export { VectorThreads } from './vector-threads.ts';
