/** What a confusion matrix says of one class. */
export interface ClassScore {
  /** Pictures that are of it. */
  readonly images: number;
  /** Share of right ones among those called so; 0 where none is. */
  readonly precision: number;
  /** Share of its own that are called so. */
  readonly recall: number;
  /** Harmonic mean of both. */
  readonly f1: number;
}

export interface ClassScores {
  readonly accuracy: number;
  /** Means over the classes. */
  readonly macro: Omit<ClassScore, 'images'>;
  readonly classes: readonly ClassScore[];
}

/** Scores of a confusion matrix: `confusion[truth][told]` pictures. */
export function classScores(confusion: readonly (readonly number[])[]): ClassScores {
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const classes = confusion.map((row, own): ClassScore => {
    const images = sum(row);
    const right = row[own] ?? 0;
    const precision = share(right, sum(confusion.map((other) => other[own] ?? 0)));
    const recall = share(right, images);
    return { images, precision, recall, f1: share(2 * precision * recall, precision + recall) };
  });
  const mean = (of: (score: ClassScore) => number): number => share(sum(classes.map(of)), classes.length);
  const right = sum(confusion.map((row, own) => row[own] ?? 0));
  return {
    accuracy: share(right, sum(classes.map(({ images }) => images))),
    macro: {
      precision: mean(({ precision }) => precision),
      recall: mean(({ recall }) => recall),
      f1: mean(({ f1 }) => f1),
    },
    classes,
  };
}

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
