export { runSchedule } from './schedule.ts';
export type { ScheduleReport } from './schedule.ts';
export { compareScheduling } from './scheduling.ts';
export type { SchedulingCase, SchedulingReport } from './scheduling.ts';
export { utilisationModel } from './utilisation-model.ts';
export { compareUtilisation } from './utilisation.ts';
export type { UtilisationReport } from './utilisation.ts';
export { measureThroughput } from './throughput.ts';
export type { ThroughputReport } from './throughput.ts';
