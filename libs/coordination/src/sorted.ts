/** An array kept in order, best *last* so that taking the best is a pop. Inserting moves memory, never compares all. */
export type Compare<T> = (a: T, b: T) => number;

/** Index of the first element that does not sort before `probe`; `order` says how an element compares with the probe. */
export function lowerBound<T>(list: readonly T[], order: (element: T) => number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order(list[middle] as T) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function insertSorted<T>(list: T[], element: T, compare: Compare<T>): void {
  const index = lowerBound(list, (other) => compare(other, element));
  if (index === list.length) list.push(element);
  else list.splice(index, 0, element);
}

/** Returns whether the element was there. `compare` must give 0 for the element itself only. */
export function removeSorted<T>(list: T[], element: T, compare: Compare<T>): boolean {
  const index = lowerBound(list, (other) => compare(other, element));
  if (list[index] !== element) return false;
  if (index === list.length - 1) list.pop();
  else list.splice(index, 1);
  return true;
}
