import { createState, step } from '@gradpool/coordination';
import type { Event, PersistRow, PoolOrder, State } from '@gradpool/coordination';
import type { WorkerId } from '@gradpool/protocol';
import { after } from './agenda.ts';
import { checkDelivery } from './judge-leases.ts';
import { compareRestart } from './judge-views.ts';
import { restartLedger, watchStep } from './watch.ts';
import { breakLink, sendDown } from './network.ts';
import { carryOut } from './sim-pool.ts';
import { simId } from './sim-plan.ts';
import { commit, load } from './sim-store.ts';
import type { Link, UpMessage, World } from './sim-world.ts';

/** What the real shell does around the core: one event at a time, rows stored together, and only then messages. */
export function accept(world: World, event: Event): void {
  const { coordinator, agenda } = world;
  if (coordinator.state === null) return;
  const env = { now: agenda.now, newId: () => drawId(world) };
  const effects = watchStep(world, coordinator.state, event, (known) => step(coordinator.state as never, known, env));
  gather(world, effects);
}

function drawId(world: World): string {
  world.drawn += 1;
  return simId(9, world.drawn);
}

function gather(world: World, effects: World['coordinator']['batch']): void {
  const { coordinator } = world;
  coordinator.batch.push(...effects);
  if (coordinator.committing || coordinator.batch.length === 0) return;
  coordinator.committing = true;
  const { life } = coordinator;
  after(world.agenda, world.random.between(0, world.commitMsMax), () => {
    if (coordinator.life === life) flush(world);
  });
}

/** Stores what has been decided, and then says it. */
function flush(world: World): void {
  const { coordinator } = world;
  const batch = coordinator.batch;
  coordinator.batch = [];
  coordinator.committing = false;
  commit(world.store, rowsOf(batch));
  for (const effect of batch) {
    if (effect.type === 'welcome') sendDown(world, effect.link, { type: 'welcome' });
    if (effect.type === 'close') closeSeat(world, effect.workerId);
    if (effect.type === 'pool') carryOutOrder(world, effect.order);
    if (effect.type !== 'send') continue;
    const link = coordinator.seats.get(effect.workerId);
    if (link === undefined) continue;
    checkDelivery(world, effect.message);
    sendDown(world, link, effect.message);
  }
}

function closeSeat(world: World, workerId: WorkerId): void {
  const { seats } = world.coordinator;
  const link = seats.get(workerId);
  if (link === undefined) return;
  seats.delete(workerId);
  breakLink(world, link);
}

function carryOutOrder(world: World, order: PoolOrder): void {
  carryOut(world, order, (event) => {
    accept(world, event);
  });
}

function rowsOf(batch: World['coordinator']['batch']): PersistRow[] {
  return batch.flatMap((effect) => {
    if (effect.type !== 'persist') return [];
    const { type: _type, ...row } = effect;
    return [row];
  });
}

export function receiveUp(world: World, link: Link, message: UpMessage): void {
  const { coordinator } = world;
  const { worker } = link;
  if (coordinator.state === null) return;
  if (message.type === 'hello') return seat(world, link);
  if (coordinator.seats.get(worker.workerId) !== link) return;
  if (message.type === 'event') return accept(world, message.event);
  coordinator.seats.delete(worker.workerId);
  link.open = false;
  accept(world, { type: 'workerLeft', workerId: worker.workerId, orderly: true });
}

/** The newest connection speaks for a worker; an older one is dropped without a word to the core. */
function seat(world: World, link: Link): void {
  const { coordinator } = world;
  const { worker } = link;
  // Refused at the door, as the real shell does; it knocks again and again.
  if (isRemoved(coordinator.state, worker.workerId)) return breakLink(world, link);
  const older = coordinator.seats.get(worker.workerId);
  if (older !== undefined && older !== link) older.open = false;
  coordinator.seats.set(worker.workerId, link);
  gather(world, [{ type: 'welcome', link }]);
  accept(world, {
    type: 'workerArrived',
    worker: {
      workerId: worker.workerId,
      name: worker.name,
      kind: worker.kind,
      platform: 'simulated',
      backend: 'simulated',
      numericClass: worker.numericClass,
      trusted: worker.kind === 'evaluate',
      flopsPerSecond: worker.claimedSpeed,
      slots: worker.slots,
      held: [...worker.leases.values()].map(({ key }) => key),
    },
  });
}

const isRemoved = (state: State | null, workerId: WorkerId): boolean =>
  (state?.workers.get(workerId)?.row.removedAt ?? null) !== null;

export function closedUp(world: World, link: Link): void {
  const { coordinator } = world;
  const { workerId } = link.worker;
  if (coordinator.seats.get(workerId) !== link) return;
  coordinator.seats.delete(workerId);
  accept(world, { type: 'workerLeft', workerId, orderly: false });
}

/** Kill -9: what was not stored is gone, and so is every connection. */
export function crash(world: World, downMs: number): void {
  const { coordinator } = world;
  if (coordinator.state === null) return;
  coordinator.state = null;
  coordinator.life += 1;
  coordinator.batch = [];
  coordinator.committing = false;
  world.pooling.live.clear();
  world.pooling.held.clear();
  const links = [...coordinator.seats.values()];
  coordinator.seats.clear();
  for (const link of links) breakLink(world, link);
  after(world.agenda, downMs, () => {
    start(world);
  });
}

export function start(world: World): void {
  const { coordinator, store, agenda } = world;
  const { state, effects } = createState(load(store), agenda.now);
  commit(store, rowsOf(effects));
  coordinator.state = state;
  restartLedger(world, state);
  for (const effect of effects) if (effect.type === 'pool') carryOutOrder(world, effect.order);
}

/** A restart on the side: with everything stored, a state made from the store must look like the one that runs. */
export function shadowRestart(world: World): void {
  const { coordinator, store, agenda } = world;
  if (coordinator.state === null) return;
  flush(world);
  compareRestart(world, coordinator.state, createState(load(store), agenda.now));
}
