/** What the losses of a run say since it was opened. */
export interface LossWatch {
  /** Of its first round. */
  readonly start: number | null;
  /** Of its last one, and how many rounds in a row it has been far above the first. */
  readonly last: number;
  readonly roundsAbove: number;
}

export const newLossWatch: LossWatch = { start: null, last: 0, roundsAbove: 0 };
