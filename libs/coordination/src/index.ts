export type * from './rows.ts';
export type * from './events.ts';
