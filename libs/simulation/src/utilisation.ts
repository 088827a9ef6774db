import { createState, step, type Effect, type Event, type RoundStart, type State } from '@gradpool/coordination';
import type { LeaseId, LeaseKey, MessageOf, Outcome, TrialId, WorkerId } from '@gradpool/protocol';
import { after, createAgenda, runNext, type Agenda } from './agenda.ts';
import { createRandom, type Random } from './random.ts';
import { planOf, simDigest, simId } from './sim-plan.ts';
import { utilisationModel as model } from './utilisation-model.ts';

export interface UtilisationReport {
  readonly seed: number;
  /** Images that counted, over those that all devices present could have trained on in the same time. */
  readonly exact: number;
  readonly local: number;
  /** The same for equal shards and a barrier: every round waits for its slowest, and for whoever takes over from a leaver. */
  readonly barrier: number;
  /** Changes refused as too late, and rounds, in local mode. */
  readonly late: number;
  readonly rounds: number;
}

interface Device {
  readonly workerId: WorkerId;
  readonly imagesPerSecond: number;
  readonly uplinkMbit: number;
  readonly latencyMs: number;
  /** Alternately the times of coming and going, from the start on. */
  readonly turns: readonly { readonly atS: number; readonly here: boolean; readonly orderly: boolean }[];
}

type Mode = 'exact' | 'local';

const endS = model.warmUpS + model.measuredS;
const startMs = 1_000_000;
const endlessImages = 1e9;
/** Of exact mode, and of the barrier. */
const imagesPerRound = model.exact.microBatches * model.exact.imagesPerMicroBatch;

/** The same devices, by the real core in both modes, and by the textbook's barrier. */
export function compareUtilisation(seed: number): UtilisationReport {
  const random = createRandom(seed, 'utilisation');
  const devices = Array.from({ length: model.workers }, (_, index) => drawDevice(random, index));
  const possible = devices.reduce((sum, device) => sum + device.imagesPerSecond * presenceS(device), 0);
  const exact = new Fleet('exact', devices, seed).run();
  const local = new Fleet('local', devices, seed).run();
  return {
    seed,
    exact: exact.images / possible,
    local: local.images / possible,
    barrier: barrierImages(devices) / possible,
    late: local.late,
    rounds: local.rounds,
  };
}

function drawDevice(random: Random, index: number): Device {
  const { speedSigma, slowestShare } = model;
  const drawn = Math.exp(speedSigma * random.normal() - speedSigma ** 2 / 2);
  const speed = index === 0 ? slowestShare : Math.max(slowestShare, drawn);
  const turns: Device['turns'][number][] = [];
  let here = random.chance(model.presentS / (model.presentS + model.absentS));
  let atS = 0;
  while (atS < endS) {
    turns.push({ atS, here, orderly: random.chance(model.orderlyShare) });
    atS += -Math.log(1 - random.next()) * (here ? model.presentS : model.absentS);
    here = !here;
  }
  return {
    workerId: simId<WorkerId>(4, index),
    imagesPerSecond: model.imagesMean * speed,
    uplinkMbit: model.uplinkMbitMin * (model.uplinkMbitMax / model.uplinkMbitMin) ** random.next(),
    latencyMs: random.between(model.latencyMsMin, model.latencyMsMax),
    turns,
  };
}

/** Seconds within the measured time. */
function presenceS({ turns }: Device): number {
  return turns.reduce((sum, { atS, here }, i) => {
    const until = Math.min(endS, turns[i + 1]?.atS ?? endS);
    return sum + (here ? Math.max(0, until - Math.max(atS, model.warmUpS)) : 0);
  }, 0);
}

const sendMs = (bytes: number, mbit: number): number => (8 * bytes) / (1000 * mbit);

/** A device while it is here. */
interface Seat {
  readonly device: Device;
  here: boolean;
  /** Grows when it leaves or drops its work, so that what was planned before never happens. */
  life: number;
  /** What it computes. */
  lease: LeaseKey | null;
  /** Computed, and on the way. */
  readonly sending: Map<LeaseId, LeaseKey>;
  uplinkFreeAt: number;
  /** Whose parameters it has. */
  round: number;
}

/** One pooled trial without an end, the real core in a shell without a store, and devices that take their time. */
class Fleet {
  private readonly mode: Mode;
  private readonly agenda: Agenda = createAgenda(startMs);
  private readonly state: State;
  private readonly seats = new Map<WorkerId, Seat>();
  private drawn = 0;
  private run0 = 0;
  private round = 0;
  private images = 0;
  private counted = 0;

  constructor(mode: Mode, devices: readonly Device[], seed: number) {
    this.mode = mode;
    this.state = createState(
      { sweeps: [], cells: [], trials: [], attempts: [], workers: [], baselines: [], embeddings: [], rooms: [] },
      this.agenda.now,
    ).state;
    for (const device of devices) {
      this.seats.set(device.workerId, {
        ...{ device, here: false, life: 0, lease: null, round: -1, sending: new Map(), uplinkFreeAt: 0 },
      });
      this.schedule(device);
    }
    const pooled = { mode, rounds: 1, microBatches: 1, stalenessMax: model.local.stalenessMax };
    // A trial that never ends; an image costs one flop.
    const plan = planOf({
      ...{ number: seed, costs: [endlessImages], seeds: 1, epochs: 1, errorsMax: 3 },
      baselines: [],
      pooled,
      mixed: false,
      halving: null,
    });
    this.accept({ type: 'sweepSubmitted', requestId: 'submit', plan });
    this.tick();
  }

  run(): { readonly images: number; readonly late: number; readonly rounds: number } {
    const endAt = this.agenda.now + 1000 * endS;
    while (this.agenda.now < endAt && runNext(this.agenda));
    const [trialId] = this.state.pools;
    const late = (trialId && this.state.trials.get(trialId)?.pool?.lanes.late) ?? 0;
    return { images: this.counted, late, rounds: this.round };
  }

  private schedule({ workerId, turns }: Device): void {
    for (const { atS, here, orderly } of turns) {
      after(this.agenda, 1000 * atS, () => {
        const seat = this.seats.get(workerId)!;
        seat.here = here;
        seat.life += 1;
        seat.lease = null;
        seat.round = -1;
        seat.sending.clear();
        seat.uplinkFreeAt = 0;
        if (here) this.arrive(seat);
        else this.accept({ type: 'workerLeft', workerId, orderly });
      });
    }
  }

  private arrive(seat: Seat): void {
    const { workerId, imagesPerSecond } = seat.device;
    this.accept({
      type: 'workerArrived',
      worker: {
        ...{ workerId, name: workerId, kind: 'train', platform: '', backend: '', numericClass: 'wasm' },
        ...{ trusted: false, flopsPerSecond: imagesPerSecond, slots: 1, held: [] },
      },
    });
    this.pull(seat);
    this.beat(seat, seat.life);
  }

  private pull({ device }: Seat): void {
    this.accept({ type: 'pulled', workerId: device.workerId, want: 1 });
  }

  private beat(seat: Seat, life: number): void {
    after(this.agenda, model.heartbeatMs, () => {
      if (!seat.here || seat.life < life) return;
      const leases = [...(seat.lease ? [seat.lease] : []), ...seat.sending.values()];
      this.accept({ type: 'heartbeat', workerId: seat.device.workerId, leases });
      this.beat(seat, life);
    });
  }

  private tick(): void {
    after(this.agenda, 250, () => {
      this.accept({ type: 'ticked' });
      this.tick();
    });
  }

  private accept(event: Event): void {
    const env = { now: this.agenda.now, newId: () => simId<string>(9, (this.drawn += 1)) };
    for (const effect of step(this.state, event, env)) this.perform(effect);
  }

  private perform(effect: Effect): void {
    if (effect.type === 'pool') return this.carryOut(effect.order);
    if (effect.type !== 'send') return;
    const seat = this.seats.get(effect.workerId);
    const { message } = effect;
    if (!seat?.here) return;
    const { life } = seat;
    after(this.agenda, seat.device.latencyMs, () => {
      if (!seat.here || seat.life !== life) return;
      if (message.type === 'lease') this.work(seat, message);
      else if (message.type === 'settled' || message.type === 'revoke') this.drop(seat, message.lease);
    });
  }

  private drop(seat: Seat, lease: LeaseKey): void {
    seat.sending.delete(lease.leaseId);
    if (seat.lease?.leaseId !== lease.leaseId) return;
    seat.lease = null;
    this.pull(seat);
  }

  /** As a worker does: computes, asks for more, and sends meanwhile, one vector after the other. */
  private work(seat: Seat, { lease, work }: MessageOf<'lease'>): void {
    if (work.kind !== 'micro' && work.kind !== 'lane') return;
    const { device } = seat;
    seat.lease = lease;
    const down = seat.round === work.round ? 0 : this.downMs(seat, work.round);
    seat.round = work.round;
    const images =
      work.kind === 'lane' ? work.steps * model.local.batch : (work.to - work.from) * model.exact.imagesPerMicroBatch;
    const durationMs = (1000 * images) / device.imagesPerSecond;
    this.later(seat, down + durationMs, () => {
      if (seat.lease?.leaseId !== lease.leaseId) return;
      this.computed(seat, lease);
      const said = { round: work.round, loss: 0.1, images, durationMs };
      const outcome: Outcome =
        work.kind === 'lane' ? { kind: 'lane', delta: null, ...said } : { kind: 'micro', sum: null, ...said };
      seat.uplinkFreeAt = Math.max(this.agenda.now, seat.uplinkFreeAt) + this.upMs(device);
      this.later(seat, seat.uplinkFreeAt + device.latencyMs - this.agenda.now, () => {
        seat.sending.delete(lease.leaseId);
        this.accept({ type: 'resulted', workerId: device.workerId, lease, outcome });
        if (work.kind === 'lane') this.pull(seat);
      });
    });
  }

  /** The slot is free, and in exact mode the core is told so ahead of the sum. */
  private computed(seat: Seat, lease: LeaseKey): void {
    seat.lease = null;
    seat.sending.set(lease.leaseId, lease);
    if (this.mode === 'local') return;
    this.later(seat, seat.device.latencyMs, () => {
      const { workerId } = seat.device;
      const progress = { lease, epoch: 0, epochs: 0, fraction: 1, loss: null, imagesPerSecond: 0 };
      this.accept({ type: 'progressed', workerId, progress });
      if (!seat.lease) this.pull(seat);
    });
  }

  /** Never happens where the device has left meanwhile. */
  private later(seat: Seat, ms: number, then: () => void): void {
    const { life } = seat;
    after(this.agenda, ms, () => {
      if (seat.here && seat.life === life) then();
    });
  }

  /** Parameters come with the lease; a newcomer of local mode gets them whole. */
  private downMs({ device, round: has }: Seat, round: number): number {
    const { exact, local, parameters, downlinkRatio } = model;
    const changed = this.mode === 'local' && has >= 0 && round - has <= 4;
    const bytes = changed ? local.bytesPerParameter * (round - has) : exact.bytesPerParameterDown;
    return sendMs(bytes * parameters, downlinkRatio * device.uplinkMbit);
  }

  private upMs({ uplinkMbit }: Device): number {
    const each = this.mode === 'local' ? model.local.bytesPerParameter : model.exact.bytesPerParameterUp;
    return sendMs(each * model.parameters, uplinkMbit);
  }

  private carryOut(order: Extract<Effect, { type: 'pool' }>['order']): void {
    if (order.kind === 'close' || order.kind === 'forget') return;
    after(this.agenda, model.reduceMs, () => {
      if (order.kind === 'open') this.run0 = order.run;
      else {
        const images = order.updates.reduce((sum, update) => sum + update.images, 0);
        this.images += images;
        this.round += 1;
        if (this.agenda.now >= startMs + 1000 * model.warmUpS) this.counted += images;
      }
      this.ready(order.trialId);
    });
  }

  private ready(trialId: TrialId): void {
    const { microBatches } = model.exact;
    const start: RoundStart = {
      ...{ round: this.round, rounds: endlessImages / imagesPerRound, epoch: 0, images: this.images },
      parameters: null,
      digest: simDigest(5, this.round),
      microBatches: this.mode === 'exact' ? microBatches : 0,
      local: this.mode === 'exact' ? null : { imagesTotal: endlessImages, changes: [], ...model.local },
    };
    this.accept({
      type: 'roundReady',
      trialId,
      run: this.run0,
      start,
      checkpoint: null,
      weights: null,
      toValidate: null,
      bytes: { up: 0, down: 0 },
    });
  }
}

/** Every device that is here has an equal share; the round is over when the last is back. Who leaves is noticed, and its share done anew by the fastest. */
function barrierImages(devices: readonly Device[]): number {
  const { bytesPerParameterPlain, parameters, downlinkRatio, reduceMs } = model;
  let counted = 0;
  for (let nowS = 0; nowS < endS;) {
    const present = devices.filter((device) => isHere(device, nowS));
    const share = imagesPerRound / Math.max(1, present.length);
    const shareS = (device: Device): number =>
      share / device.imagesPerSecond +
      (sendMs(bytesPerParameterPlain * parameters, device.uplinkMbit) +
        sendMs(bytesPerParameterPlain * parameters, downlinkRatio * device.uplinkMbit) +
        6 * device.latencyMs) /
        1000;
    const fastest = Math.min(...present.map(shareS));
    const ends = present.map((device) => {
      const ownS = shareS(device);
      const left = device.turns.find(({ atS, here }) => !here && atS > nowS && atS < nowS + ownS);
      if (!left) return ownS;
      return left.atS - nowS + (left.orderly ? 0 : leaseS) + fastest;
    });
    const roundS = present.length === 0 ? 1 : Math.max(...ends) + reduceMs / 1000;
    nowS += roundS;
    if (nowS >= model.warmUpS && nowS < endS && present.length > 0) counted += imagesPerRound;
  }
  return counted;
}

/** Until the silence of one that left without a word is noticed, as the core does. */
const leaseS = 4;

function isHere({ turns }: Device, atS: number): boolean {
  return turns.findLast((turn) => turn.atS <= atS)?.here ?? false;
}
