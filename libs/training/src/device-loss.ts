import { TrainingError } from './training-error.ts';

/** Rejects when the graphics device is lost or out of memory; pending reads may then never settle by themselves. */
export interface DeviceWatch {
  readonly lost: Promise<never>;
  /** Throws what has happened to the device and is only told when asked for. */
  readonly check: () => void;
}

const never: DeviceWatch = { lost: new Promise(() => undefined), check: () => undefined };
let watch: DeviceWatch = never;

/** Of the open backend; one without a device of its own is never lost. */
export const deviceWatch = (): DeviceWatch => watch;

/** Called by whoever opens a backend; null for one without a device of its own. */
export function watchDevice(opened: DeviceWatch | null): void {
  watch = opened ?? never;
  // Nobody may be waiting at the moment it happens.
  watch.lost.catch(() => undefined);
}

/** The value, or what happened to the device meanwhile. */
export const unlessLost = <T>(value: Promise<T>): Promise<T> => Promise.race([value, watch.lost]);

export const deviceLost = (what: string): TrainingError =>
  new TrainingError('E_BACKEND_LOST', `The graphics device was lost (${what}); go on with another backend`);

export const deviceFull = (): TrainingError =>
  new TrainingError('E_OUT_OF_MEMORY', 'The graphics device is out of memory; use a smaller model or another backend');
