import { emptyRoom, withMessage } from '@gradpool/protocol';
import { openApi, type ApiAddress } from '../client/api.ts';
import { deferred } from '../deferred.ts';
import { plainLines, screenLines } from '../screen/live-screen.ts';
import type { Output } from '../screen/output.ts';
import { RoomDisplay } from '../screen/room-display.ts';
import { listenForStop } from '../supervision/stop-signals.ts';

export interface StatusOptions {
  readonly address: ApiAddress;
  readonly output: Output;
  /** Say how things stand and leave. */
  readonly once: boolean;
}

/** Shows a room, once or until Ctrl-C. */
export async function showStatus({ address, output, once }: StatusOptions): Promise<void> {
  const api = openApi(address);
  if (once) return sayOnce(api, output);
  await api.stats();
  const end = deferred<undefined>();
  const display = new RoomDisplay({
    output,
    address,
    always: true,
    scene: () => ({ ...noChildren, url: address.url, wanted: null, hint: 'Ctrl-C leaves; the work goes on' }),
    onSettled: () => undefined,
    onRefused: end.reject,
  });
  const stopListening = listenForStop(() => end.resolve(undefined));
  try {
    await end.promise;
  } finally {
    stopListening();
    display.stop();
  }
}

const noChildren = { children: [], ownOnly: false } as const;

async function sayOnce(api: ReturnType<typeof openApi>, output: Output): Promise<void> {
  const [sweeps, workers, stats] = await Promise.all([api.sweeps(), api.workers(), api.stats()]);
  const room = withMessage(emptyRoom, { type: 'snapshot', version: stats.protocolVersion, sweeps, workers, stats });
  output.json({ sweeps, workers, stats });
  if (output.mode === 'json') return;
  const scene = { ...noChildren, url: api.url, room, connected: true, wanted: null, elapsedMs: stats.uptimeMs };
  const look = output.look();
  if (look.paint.isColorSupported) output.say(screenLines({ ...scene, rows: 1_000, hint: '' }, look));
  else output.say(plainLines({ ...scene, rows: 1_000, hint: '' }, look, 1_000));
}
