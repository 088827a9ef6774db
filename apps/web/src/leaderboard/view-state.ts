import { cellFigureNames } from './cell-figures.ts';

/** What a person chose to see; all of it stands in the page's address, so that a view can be shared. */
export interface ViewState {
  /** Parameters across and down the heat map; null for the page's own choice. */
  readonly across: string | null;
  readonly down: string | null;
  /** For each filtered parameter the values shown, as JSON texts; a parameter that is not here shows all. */
  readonly filters: ReadonlyMap<string, ReadonlySet<string>>;
  readonly group: string | null;
  readonly sort: Sort;
  /** From 1. */
  readonly page: number;
}

export interface Sort {
  /** `mean`, `n`, `ci95`, a measure of the table, or a parameter. */
  readonly by: string;
  readonly falling: boolean;
}

const filterPrefix = 'f.';
const figureColumns: readonly string[] = ['mean', 'n', 'ci95', ...cellFigureNames];
export const defaultSort: Sort = { by: 'mean', falling: false };

/** Reads an address. What is not understood (a parameter the sweep does not vary) is left out: links outlive sweeps. */
export function readViewState(search: URLSearchParams, names: readonly string[]): ViewState {
  const known = (name: string | null): string | null => (name !== null && names.includes(name) ? name : null);
  const filters = new Map<string, Set<string>>();
  for (const [key, value] of search) {
    const name = key.startsWith(filterPrefix) ? known(key.slice(filterPrefix.length)) : null;
    if (name !== null) filters.set(name, (filters.get(name) ?? new Set()).add(value));
  }
  const page = Number(search.get('page') ?? 1);
  return {
    across: known(search.get('x')),
    down: known(search.get('y')),
    filters,
    group: known(search.get('group')),
    sort: readSort(search.get('sort'), names),
    page: Number.isSafeInteger(page) && page >= 1 ? page : 1,
  };
}

function readSort(text: string | null, names: readonly string[]): Sort {
  if (text === null) return defaultSort;
  const falling = text.startsWith('-');
  const by = falling ? text.slice(1) : text;
  return [...figureColumns, ...names].includes(by) ? { by, falling } : defaultSort;
}

/** The address of a view; whatever is as the page would have it by itself is left out. */
export function writeViewState(view: ViewState): URLSearchParams {
  const search = new URLSearchParams();
  if (view.across !== null) search.set('x', view.across);
  if (view.down !== null) search.set('y', view.down);
  for (const [name, values] of view.filters) for (const value of values) search.append(filterPrefix + name, value);
  if (view.group !== null) search.set('group', view.group);
  const { by, falling } = view.sort;
  if (by !== defaultSort.by || falling) search.set('sort', `${falling ? '-' : ''}${by}`);
  if (view.page > 1) search.set('page', String(view.page));
  return search;
}

/** Shows only `values` of the parameter, from the first page on; no values at all means every value. */
export function withFilter(view: ViewState, name: string, values: readonly string[]): ViewState {
  const filters = new Map(view.filters);
  if (values.length === 0) filters.delete(name);
  else filters.set(name, new Set(values));
  return { ...view, filters, page: 1 };
}

/** Sorting by a column again turns it round. */
export function withSort(view: ViewState, by: string): ViewState {
  const falling = view.sort.by === by && !view.sort.falling;
  return { ...view, sort: { by, falling }, page: 1 };
}
