import type { JoinState, Training } from './join-state.ts';

/** What the worker does, in a few words. */
export function headingOf({ stage, trainings, paused, fetchingBytes, lessonOver }: JoinState): string {
  const task = trainings[0]?.task;
  if (stage.at === 'starting') return 'Getting ready';
  if (stage.at === 'joining') return 'Joining the room';
  if (paused && !task) return 'Paused';
  if (fetchingBytes > 0) return 'Fetching the pictures';
  if (stage.at === 'lost') return task ? 'Training on, without the coordinator' : 'Looking for the coordinator';
  if (!task) return lessonOver ? 'The lesson is over' : 'Waiting for work';
  if (trainings.length > 1) return `${trainings.length} trainings at once`;
  return task.kind === 'verify' || task.kind === 'baseline' || task.kind === 'embed' ? 'Checking' : 'Training';
}

/** One sentence more. */
export function sentenceOf({ stage, trainings, paused, fetchingBytes, lessonOver }: JoinState): string {
  const [training] = trainings;
  if (stage.at === 'starting') return 'This device is checking how fast it computes. That takes a second.';
  if (stage.at === 'joining') return 'One moment.';
  if (paused && !training) return 'This device does nothing until you resume.';
  if (fetchingBytes > 0) return `${Math.ceil(fetchingBytes / 1e6)} MB, once for all visits.`;
  if (training) return trainingText(training);
  if (stage.at === 'lost') return 'It does not answer. This page tries again by itself.';
  if (lessonOver)
    return 'Thank you for training. Keep this page open, or come back by the same link: it goes on when the room opens again.';
  return 'Nothing is to be trained right now. Work starts here by itself as soon as there is some.';
}

/** What one training is about, and how far it is. */
export function trainingText({ task, moved }: Training): string {
  if (task.kind !== 'train') return task.label;
  const epoch = Math.min(task.epochs, (moved?.epoch ?? task.fromEpoch) + 1);
  return `${task.label}, epoch ${epoch} of ${task.epochs}`;
}
