import { insertSorted, removeSorted } from './sorted.ts';
import { speedOf } from './speed.ts';
import type { State, Worker } from './state.ts';
import { setRunning } from './stopwatch.ts';

/** Fastest last; among equals the one that arrived first. The speed is the one it was listed under. */
function compareIdle(a: Worker, b: Worker): number {
  return (a.idleSpeed ?? 0) - (b.idleSpeed ?? 0) || b.order - a.order;
}

function idleList(state: State, worker: Worker): Worker[] {
  return worker.row.kind === 'train' ? state.idleTrainers : state.idleEvaluators;
}

/** Keeps the idle lists and stopwatches true after a worker's connection, wish, leases or rest changed. */
export function refreshIdle(state: State, worker: Worker): void {
  const capable = worker.row.kind === 'train' || worker.row.trusted;
  const asks = worker.connected && worker.wants > 0 && worker.leases.size - worker.sending < worker.slots;
  const idle = capable && asks && worker.restUntil <= state.now;
  if (idle && worker.idleSpeed === null) {
    worker.idleSpeed = speedOf(worker);
    insertSorted(idleList(state, worker), worker, compareIdle);
  }
  if (!idle) unlistIdle(state, worker);
  const occupied = worker.connected && (worker.wants > 0 || worker.leases.size > 0);
  if (occupied) worker.unoccupiedSince = null;
  else worker.unoccupiedSince ??= state.now;
  setRunning(worker.present, worker.connected, state.now);
  setRunning(worker.busy, worker.connected && worker.leases.size > 0, state.now);
}

/** Takes a worker out of the idle lists, for instance before its kind changes. */
export function unlistIdle(state: State, worker: Worker): void {
  if (worker.idleSpeed === null) return;
  removeSorted(idleList(state, worker), worker, compareIdle);
  worker.idleSpeed = null;
}
