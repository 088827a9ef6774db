import type { SweepView } from '@gradpool/protocol';
import { configError } from '../cli-error.ts';
import { openApi, type Api, type ApiAddress } from '../client/api.ts';
import { isSettled } from '../client/room.ts';
import { deferred } from '../deferred.ts';
import type { Output } from '../screen/output.ts';
import { RoomDisplay } from '../screen/room-display.ts';
import { formatPlural } from '../screen/units.ts';
import { listenForStop } from '../supervision/stop-signals.ts';
import { readSweepFile } from './sweep-file.ts';
import { refuseStopped, reportSweep } from './sweep-report.ts';

export interface SweepRunOptions {
  /** Absolute path. */
  readonly file: string;
  readonly watch: boolean;
  readonly address: ApiAddress;
  readonly output: Output;
}

/** Submits a sweep file; with `watch` stays until its table, and rejects if a trial failed. */
export async function runSweep({ file, watch, address, output }: SweepRunOptions): Promise<void> {
  const yaml = readSweepFile(file);
  const api = openApi(address);
  const sweep = await submitSweep(api, yaml, output);
  if (!watch) {
    output.say([`  Follow it with: gradpool status`, `  Its table:      gradpool leaderboard ${sweep.name}`]);
    return;
  }
  refuseStopped(sweep);
  const settled = isSettled(sweep) ? sweep : await watchSweep(sweep, address, output);
  if (settled) await reportSweep(api, settled, { output, strict: true });
}

/** Runs a file whose trials are pooled; E_USAGE for any other. */
export async function runPooled(options: Omit<SweepRunOptions, 'watch'>): Promise<void> {
  const { parseSweep } = await import('@gradpool/experiment');
  const parsed = parseSweep(readSweepFile(options.file));
  // Which data sets there are, the coordinator knows.
  if (!parsed.ok && parsed.code !== 'E_SWEEP_DATASET') throw configError(parsed.code, parsed.message);
  if (parsed.ok && parsed.sweep.pooled === undefined) {
    const message = `${options.file} has no key pooled; add one, or use gradpool sweep run ${options.file} --watch`;
    throw configError('E_USAGE', message);
  }
  await runSweep({ ...options, watch: true });
}

/** Submits a sweep, which is harmless if it is there already, and says what it is. */
export async function submitSweep(api: Api, yaml: string, output: Output): Promise<SweepView> {
  const answer = await api.submit({ yaml });
  const sweep = await api.sweep(answer.sweepId);
  output.json({ event: 'sweep', name: sweep.name, ...answer });
  const size = `${formatPlural(answer.cells, 'cell')}, ${formatPlural(answer.trials, 'trial')}`;
  const known = answer.created ? '' : `; here already, ${sweep.cellsDone} of ${sweep.cells} done`;
  output.say([`  Sweep ${output.look().paint.bold(sweep.name)}: ${size}${known}`]);
  return sweep;
}

/** Shows the room until the sweep has ended; null where the user leaves before. */
async function watchSweep(sweep: SweepView, address: ApiAddress, output: Output): Promise<SweepView | null> {
  const end = deferred<SweepView | null>();
  const display = new RoomDisplay({
    output,
    address,
    scene: () => ({
      url: address.url,
      wanted: sweep.sweepId,
      children: [],
      ownOnly: false,
      hint: 'Ctrl-C leaves; the work goes on',
    }),
    onSettled: (settled) => {
      if (settled.sweepId === sweep.sweepId) end.resolve(settled);
    },
    onRefused: end.reject,
  });
  const stopListening = listenForStop(() => end.resolve(null));
  try {
    return await end.promise;
  } finally {
    stopListening();
    display.stop();
  }
}
