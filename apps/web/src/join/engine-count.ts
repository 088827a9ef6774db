/** What a browser says of its device. */
export interface Device {
  /** `navigator.hardwareConcurrency`. */
  readonly cores: number | undefined;
  /** `navigator.deviceMemory`, rounded, and said by some browsers only. */
  readonly memoryGib: number | undefined;
  /** A phone or tablet, whose browsers end a page that takes much memory. */
  readonly handheld: boolean;
}

const enginesMax = 16;
/** An engine takes about 0.2 GiB: code, its copy of the pictures, the backend's heap. The rest is for others. */
const gibPerEngine = 1;
const unknownGib = { handheld: 2, other: 4 } as const;

/** Trainings to run at a time: one per core, as far as memory goes. `asked`: the page's address says how many. */
export function engineCount({ cores, memoryGib, handheld }: Device, asked: string | null): number {
  const wanted = Number(asked);
  if (Number.isInteger(wanted) && wanted >= 1) return Math.min(wanted, enginesMax);
  const memory = memoryGib ?? (handheld ? unknownGib.handheld : unknownGib.other);
  return Math.max(1, Math.min(cores ?? 1, Math.floor(memory / gibPerEngine), enginesMax));
}

export function deviceOf(
  navigator: Pick<Navigator, 'userAgent'> & { readonly hardwareConcurrency?: number; readonly deviceMemory?: number },
): Device {
  return {
    cores: navigator.hardwareConcurrency,
    memoryGib: navigator.deviceMemory,
    handheld: /Mobi|Android|iPhone|iPad/.test(navigator.userAgent),
  };
}
