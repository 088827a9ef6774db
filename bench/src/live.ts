import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { decodeServer, encode, socketUrl, subprotocolsFor, supportedVersions, type Digest } from '@gradpool/protocol';
import { WebSocket } from 'ws';
import { startCoordinator, submitSweep, type Serving } from './coordinator-process.ts';
import { quantile } from './statistics.ts';
import { startSimulatedWorker } from './scheduler-workers.ts';

/**
 * `npm run bench:live`: how long a metric takes from a worker to a viewer, both on real sockets, while 30 workers report
 * as often as they may and 30 viewers watch. A point's value is the moment it was sent. `--json` prints the keys of the
 * project's targets last.
 */
const workers = 30;
const viewers = 30;
const progressMs = 250;
const warmUpMs = 2_000;
const measureMs = 15_000;
const epochs = 1_000;
const metric = 'train_mse';

const sweep = {
  name: 'bench-live',
  parameters: { latent: { value: 1 }, hidden: { value: [1] }, epochs: { value: epochs } },
  seeds: { count: workers },
};

async function main(): Promise<void> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'gradpool-bench-'));
  const { child, serving } = await startCoordinator(dataDir);
  const sockets: WebSocket[] = [];
  const timers: NodeJS.Timeout[] = [];
  try {
    await submitSweep(serving, sweep);
    const latencies: number[] = [];
    for (let index = 0; index < viewers; index += 1) sockets.push(await startViewer(serving, latencies));
    for (let index = 0; index < workers; index += 1) sockets.push(await startReporter(serving, index, timers));
    await pause(warmUpMs);
    latencies.length = 0;
    await pause(measureMs);
    report(latencies);
  } finally {
    for (const timer of timers) clearInterval(timer);
    for (const socket of sockets) socket.terminate();
    child.kill('SIGKILL');
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  // Simulated trials would end much later.
  process.exit();
}

/** Trains nothing, and reports one point of an epoch with every progress message. */
async function startReporter({ url, tokens }: Serving, index: number, timers: NodeJS.Timeout[]): Promise<WebSocket> {
  return startSimulatedWorker({
    ...{ url, token: tokens.join, name: `worker ${index}`, kind: 'train', slots: 1, pulls: true },
    weights: { sha256: '0'.repeat(64) as Digest, bytes: 0 },
    trialMs: 10 * (warmUpMs + measureMs),
    onTraining: ({ lease }, say) => {
      let epoch = 0;
      const report = (): void => {
        epoch += 1;
        const points = [{ epoch, name: metric, value: performance.now() }];
        say({
          type: 'progress',
          lease,
          epoch,
          epochs,
          fraction: epoch / epochs,
          loss: 0.1,
          imagesPerSecond: 1,
          points,
        });
      };
      // Spread over the interval, as workers that know nothing of each other are.
      timers.push(setTimeout(() => timers.push(setInterval(report, progressMs)), (index * progressMs) / workers));
    },
  });
}

async function startViewer({ url, tokens }: Serving, latencies: number[]): Promise<WebSocket> {
  const socket = new WebSocket(socketUrl(url), subprotocolsFor(tokens.viewer));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('open', () => {
      socket.send(encode({ type: 'watch', versions: supportedVersions }));
    });
    socket.on('message', (bytes: Buffer) => {
      const now = performance.now();
      const decoded = decodeServer(bytes);
      if (!decoded.ok) throw new Error(`${decoded.code}: ${decoded.message}`);
      if (decoded.message.type === 'snapshot') resolve();
      if (decoded.message.type !== 'changes') return;
      for (const { point } of decoded.message.points) if (point.name === metric) latencies.push(now - point.value);
    });
  });
  return socket;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function report(latencies: readonly number[]): void {
  const at = (share: number): number => Math.round(quantile(latencies, share));
  const expected = Math.round((workers * viewers * measureMs) / progressMs);
  console.table([
    { figure: 'workers / viewers', value: `${workers} / ${viewers}`, target: '' },
    { figure: 'points seen, of those sent', value: `${latencies.length} of about ${expected}`, target: 'all' },
    { figure: 'worker to viewer, median ms', value: at(0.5), target: '' },
    { figure: 'worker to viewer, p95 ms', value: at(0.95), target: '<= 500' },
    { figure: 'worker to viewer, worst ms', value: at(1), target: '' },
  ]);
  if (latencies.length < 0.9 * expected) process.exitCode = 1;
  if (process.argv.includes('--json')) {
    console.log(
      JSON.stringify({ metricLatencyP50Ms: at(0.5), metricLatencyP95Ms: at(0.95), points: latencies.length }),
    );
  }
}

await main();
