export * from './ids.ts';
export * from './limits.ts';
export * from './messages.ts';
export * from './processes.ts';
export * from './views.ts';
export * from './work.ts';
