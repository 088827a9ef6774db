import { after } from './agenda.ts';
import type { DownMessage, Link, SimWorker, UpMessage, World } from './sim-world.ts';

export function openLink(worker: SimWorker, now: number): Link {
  return { open: true, worker, upAt: now, downAt: now, welcomed: false };
}

export function sendUp(world: World, link: Link, message: UpMessage): void {
  const first = message.type === 'hello' || message.type === 'bye';
  const copies = passes(world, link, first);
  for (let copy = 0; copy < copies; copy += 1) {
    link.upAt = Math.max(link.upAt, world.agenda.now + delay(world));
    after(world.agenda, link.upAt - world.agenda.now, () => {
      if (link.open) world.ends.receiveUp(world, link, message);
    });
  }
}

export function sendDown(world: World, link: Link, message: DownMessage): void {
  const copies = passes(world, link, message.type === 'welcome');
  for (let copy = 0; copy < copies; copy += 1) {
    link.downAt = Math.max(link.downAt, world.agenda.now + delay(world));
    after(world.agenda, link.downAt - world.agenda.now, () => {
      if (link.open) world.ends.receiveDown(world, link, message);
    });
  }
}

/** How many copies of a message arrive: 0, 1 or 2. What opens and ends a connection is not lost on its own. */
function passes(world: World, link: Link, essential: boolean): number {
  const { random, network } = world;
  if (!link.open) return 0;
  if (random.chance(network.breakShare)) {
    breakLink(world, link);
    return 0;
  }
  if (essential) return 1;
  if (random.chance(network.lossShare)) return 0;
  return random.chance(network.duplicateShare) ? 2 : 1;
}

function delay(world: World): number {
  return world.random.between(world.network.delayMsMin, world.network.delayMsMax);
}

/** Nothing under way arrives; each end learns of it in its own time, the coordinator's sometimes late. */
export function breakLink(world: World, link: Link): void {
  if (!link.open) return;
  link.open = false;
  const halfOpen = world.random.chance(0.2);
  after(world.agenda, halfOpen ? world.random.between(2_000, 25_000) : delay(world), () => {
    world.ends.closedUp(world, link);
  });
  after(world.agenda, delay(world), () => {
    world.ends.closedDown(world, link);
  });
}
