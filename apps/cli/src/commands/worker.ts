import { hostname } from 'node:os';
import { openApi, type ApiAddress } from '../client/api.ts';
import { workerEnvironment } from '../client/trust.ts';
import { openDataFolder } from '../client/data-folder.ts';
import type { Output } from '../screen/output.ts';
import { formatPlural } from '../screen/units.ts';
import { childError, SupervisedRun } from '../supervision/supervised-run.ts';

export interface WorkerOptions {
  readonly address: ApiAddress;
  /** Trials to train here at a time. */
  readonly threads: number;
  /** Absolute path: identities and the cache of data sets. */
  readonly dataDir: string;
  readonly output: Output;
  readonly entry: string;
}

const hostCharsMax = 40;

/** Lends this machine to a coordinator elsewhere until told to stop. */
export async function joinAsWorker({ address, threads, dataDir, output, entry }: WorkerOptions): Promise<void> {
  openDataFolder(dataDir);
  // Asked once here, so that a wrong address or token is said at once and not after a start.
  const stats = await openApi(address).stats();
  const run: SupervisedRun = new SupervisedRun({
    output,
    dataDir,
    last: null,
    hint: 'Ctrl-C stops; unfinished work goes on elsewhere',
    onFailed: childError,
  });
  output.json({ event: 'joining', url: address.url, threads });
  const there = formatPlural(stats.workersConnected, 'worker');
  const here = formatPlural(threads, 'trial');
  output.say([`  Joining ${address.url} (${there} there) to train ${here} at a time on this machine`]);
  await run.finish(async () => {
    run.watch({ address, wanted: () => null, ownOnly: true });
    const name = hostname().slice(0, hostCharsMax) || 'machine';
    const args = ['--url', address.url, '--data-dir', dataDir, '--name', name, '--threads', String(threads)];
    run.supervisor.start({ name, entry, args: () => args, env: workerEnvironment(address) });
    await run.ended;
  });
  output.say(['  Left. Unfinished work was handed back.']);
}
