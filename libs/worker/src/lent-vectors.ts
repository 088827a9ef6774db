interface Loan {
  /** What lies in `shared` now. */
  source: Float32Array;
  readonly shared: Float32Array;
  readers: number;
}

/** Copies of vectors in memory that is used again once nobody reads it. */
export interface LentVectors {
  /** Computes with the vector's one copy, which stays as it is until then. Nobody may write to `source` afterwards. */
  readonly during: <Answer>(
    source: Float32Array,
    compute: (shared: Float32Array) => Promise<Answer>,
  ) => Promise<Answer>;
}

/** Copies that nobody reads and that are kept for the next vector of their length. */
const spareMax = 1;

/** `allocate` makes room for so many numbers. */
export function lentVectors(allocate: (length: number) => Float32Array): LentVectors {
  const loans: Loan[] = [];
  const loanOf = (source: Float32Array): Loan => {
    const present = loans.find((loan) => loan.source === source);
    if (present) return present;
    const spare = loans.find(({ readers, shared }) => readers === 0 && shared.length === source.length);
    const loan = spare ?? { source, shared: allocate(source.length), readers: 0 };
    if (!spare) loans.push(loan);
    loan.source = source;
    loan.shared.set(source);
    return loan;
  };
  const dropSpare = (): void => {
    const spare = loans.filter(({ readers }) => readers === 0);
    for (const loan of spare.slice(0, -spareMax)) loans.splice(loans.indexOf(loan), 1);
  };
  return {
    async during(source, compute) {
      const loan = loanOf(source);
      loan.readers += 1;
      try {
        return await compute(loan.shared);
      } finally {
        loan.readers -= 1;
        dropSpare();
      }
    },
  };
}
