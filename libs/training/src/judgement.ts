/** What the test set says of a trial's weights. */
export interface Judgement {
  /** By name, the score of the trial among them. */
  readonly measures: Readonly<Record<string, number>>;
  /** What is no single number, as JSON in UTF-8; null where there is nothing of the kind. */
  readonly details: Uint8Array | null;
}
