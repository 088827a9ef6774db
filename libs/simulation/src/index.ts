export { runSchedule } from './schedule.ts';
export type { ScheduleReport } from './schedule.ts';
