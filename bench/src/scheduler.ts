import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openPostgresStore } from '@gradpool/coordinator/store';
import { mnistManifest, modelLayout, trialSpec } from '@gradpool/experiment';
import { encode, type ArtifactRef, type Digest } from '@gradpool/protocol';
import type { WebSocket } from 'ws';
import { startCoordinator, stopCoordinator, submitSweep, type Serving } from './coordinator-process.ts';
import { startSimulatedWorker, type SimulatedWorkerOptions } from './scheduler-workers.ts';
import { median, quantile } from './statistics.ts';

/**
 * `npm run bench:scheduler`: how fast leases go out and results come in, end to end: a coordinator in a process of its
 * own on its embedded Postgres, and in this process simulated workers on real sockets. Every trial is claimed, verified
 * by an evaluator, and looked up in the database afterwards. Then idle workers connect. `--json` prints the keys of the
 * project's targets last.
 */
const cells = 100;
const seeds = 100;
/** Trials of an own sweep beforehand, so that no compiler is timed; they are not in the figures. */
const warmUpSeeds = 10;
const trainers = 16;
const evaluators = 2;
const slotsPerEvaluator = 16;
const trialMs = 1;
const idleWorkers = 1_000;
const idleMs = 10_000;

interface RunOptions {
  readonly serving: Serving;
  readonly weights: ArtifactRef;
  /** Of the sweep, and its seeds per cell. */
  readonly name: string;
  readonly count: number;
}

type Joining = Pick<SimulatedWorkerOptions, 'url' | 'weights' | 'trialMs'>;

async function main(): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  const { child, serving } = await startCoordinator(dataDir);
  try {
    const weights = await uploadWeights(serving);
    await runTrials({ serving, weights, name: 'warm-up', count: warmUpSeeds });
    const run = await runTrials({ serving, weights, name: 'bench-scheduler', count: seeds });
    const idle = await holdIdle(serving, weights);
    await stopCoordinator(child);
    const stored = await countStored(dataDir, run.sweepId);
    report({ ...run, ...idle, stored });
  } finally {
    child.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  }
}

const sweepOf = (name: string, count: number): object => ({
  name,
  parameters: {
    latent: { value: 1 },
    hidden: { value: [1] },
    epochs: { value: 1 },
    learning_rate: { values: Array.from({ length: cells }, (_, index) => (index + 1) / 1000) },
  },
  seeds: { count },
});

async function uploadWeights({ url, tokens }: Serving): Promise<ArtifactRef> {
  const spec = trialSpec.parse({ latent: 1, hidden: [1], seed: 0 });
  const bytes = Buffer.alloc(4 * modelLayout(spec, mnistManifest.image).size);
  const sha256 = createHash('sha256').update(bytes).digest('hex') as Digest;
  const headers = { authorization: `Bearer ${tokens.join}` };
  const answer = await fetch(`${url}/api/artifacts/${sha256}`, { method: 'PUT', headers, body: bytes });
  if (!answer.ok) throw new Error(await answer.text());
  return { sha256, bytes: bytes.length };
}

async function runTrials({ serving, weights, name, count }: RunOptions) {
  const { url, tokens } = serving;
  const joining: Joining = { url, weights, trialMs };
  const assignments: number[] = [];
  let refused = 0;
  let verified = 0;
  const headers = { authorization: `Bearer ${tokens.admin}`, 'content-type': 'application/json' };
  const sockets: WebSocket[] = [];
  const allVerified = new Promise<void>((resolve) => {
    const onVerified = (): void => {
      if ((verified += 1) === cells * count) resolve();
    };
    const onSettled = (accepted: boolean): void => void (refused += accepted ? 0 : 1);
    const onAssigned = (ms: number): void => void assignments.push(ms);
    const join = async (): Promise<void> => {
      for (let index = 0; index < evaluators; index += 1) {
        const evaluator = { kind: 'evaluate', token: tokens.trusted, slots: slotsPerEvaluator, pulls: true } as const;
        sockets.push(
          await startSimulatedWorker({ ...joining, ...evaluator, name: `evaluator ${index}`, onVerified, onSettled }),
        );
      }
      for (let index = 0; index < trainers; index += 1) {
        const trainer = { kind: 'train', token: tokens.join, slots: 1, pulls: true } as const;
        sockets.push(
          await startSimulatedWorker({ ...joining, ...trainer, name: `worker ${index}`, onAssigned, onSettled }),
        );
      }
    };
    void join();
  });
  const { sweepId } = await submitSweep(serving, sweepOf(name, count));
  const start = performance.now();
  await allVerified;
  await untilComplete(`${url}/api/sweeps/${sweepId}`, headers, cells * count);
  const seconds = (performance.now() - start) / 1000;
  await leaveAll(sockets, url, headers);
  return { sweepId, seconds, refused, assignments };
}

/** Says goodbye, so that the next sweep's leases go to nobody who is gone. */
async function leaveAll(sockets: readonly WebSocket[], url: string, headers: Record<string, string>): Promise<void> {
  for (const socket of sockets) socket.send(encode({ type: 'bye', reason: 'the run is over' }));
  for (;;) {
    const stats = (await (await fetch(`${url}/api/stats`, { headers })).json()) as { workersConnected: number };
    if (stats.workersConnected === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function untilComplete(url: string, headers: Record<string, string>, wanted: number): Promise<void> {
  for (;;) {
    const { trials } = (await (await fetch(url, { headers })).json()) as { trials: { complete: number } };
    if (trials.complete === wanted) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function holdIdle({ url, tokens }: Serving, weights: ArtifactRef) {
  const before = await readProcess(url, tokens.viewer);
  const idle = { url, weights, trialMs, token: tokens.join, kind: 'train', slots: 1, pulls: false } as const;
  const sockets: WebSocket[] = [];
  const start = performance.now();
  for (let index = 0; index < idleWorkers; index += 50) {
    const group = Array.from({ length: 50 }, (_, offset) =>
      startSimulatedWorker({ ...idle, name: `idle ${index + offset}` }),
    );
    sockets.push(...(await Promise.all(group)));
  }
  const joinSeconds = (performance.now() - start) / 1000;
  const joined = await readProcess(url, tokens.viewer);
  await new Promise((resolve) => setTimeout(resolve, idleMs));
  const after = await readProcess(url, tokens.viewer);
  const open = sockets.filter(({ readyState, OPEN }) => readyState === OPEN).length;
  for (const socket of sockets) socket.close();
  return {
    idleOpen: open,
    joinSeconds,
    idleMemoryMb: (after.bytes - before.bytes) / 1e6,
    idleCpuPercent: (100 * (after.cpuSeconds - joined.cpuSeconds)) / (idleMs / 1000),
  };
}

/** CPU and memory of the coordinator's process, as its own metrics say. */
async function readProcess(url: string, token: string): Promise<{ cpuSeconds: number; bytes: number }> {
  const text = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
  const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1] ?? NaN);
  return { cpuSeconds: read('process_cpu_seconds_total'), bytes: read('process_resident_memory_bytes') };
}

/** Reads the stopped coordinator's database: how many trials are complete, once each, with one attempt. */
async function countStored(dataDir: string, sweepId: string): Promise<number> {
  const store = await openPostgresStore({ kind: 'embedded', dataDir });
  try {
    const rows = await store.load();
    const whole = rows.trials.filter(
      (row) => row.sweepId === sweepId && row.state === 'complete' && row.score !== null && row.attempts === 1,
    );
    const unlike = new Set(whole.map(({ cellId, seed }) => `${cellId} ${seed}`));
    if (rows.trials.length !== cells * (seeds + warmUpSeeds) || rows.attempts.length > 0) return NaN;
    return unlike.size === whole.length ? whole.length : NaN;
  } finally {
    await store.close();
  }
}

type Report = Awaited<ReturnType<typeof runTrials>> & Awaited<ReturnType<typeof holdIdle>> & { stored: number };

function report({
  seconds,
  assignments,
  refused,
  stored,
  idleOpen,
  joinSeconds,
  idleMemoryMb,
  idleCpuPercent,
}: Report): void {
  const leasesPerSecond = (cells * seeds) / seconds;
  const assignmentP99Ms = quantile(assignments, 0.99);
  console.table([
    { figure: 'trials before the clock starts', value: cells * warmUpSeeds, target: '' },
    { figure: 'trials trained and verified', value: cells * seeds, target: '' },
    { figure: 'stored exactly once', value: stored, target: cells * seeds },
    { figure: 'refused results', value: refused, target: 0 },
    { figure: 'lease+complete a second', value: Math.round(leasesPerSecond), target: '>= 1000' },
    { figure: 'assignment, median ms', value: round(median(assignments)), target: '' },
    { figure: 'assignment, p99 ms', value: round(assignmentP99Ms), target: '<= 50' },
    { figure: 'idle workers connected', value: idleOpen, target: idleWorkers },
    { figure: 'their joining, s', value: round(joinSeconds), target: '' },
    { figure: 'memory for them, MB', value: round(idleMemoryMb), target: '' },
    { figure: 'CPU for their heartbeats, % of a core', value: round(idleCpuPercent), target: '' },
  ]);
  if (stored !== cells * seeds || refused > 0 || idleOpen !== idleWorkers) process.exitCode = 1;
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify({ leasesPerSecond, assignmentP99Ms, stored, idleOpen, idleMemoryMb, idleCpuPercent }));
  }
}

const round = (value: number): number => Number(value.toPrecision(3));

await main();
