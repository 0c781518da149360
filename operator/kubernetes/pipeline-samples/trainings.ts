/** Metrics of a pipeline's trainings. Pure. */
import { endTimeOf, type TrainingJob } from '../training/observe-job.ts';
import { sampleOf, secondsOf, type Family, type Samples } from './family.ts';

export const trainingSamples: readonly Family[] = [
  {
    name: 'likeness_training_phase',
    help: '1 for the phase of the latest training',
    read: ({ status: { training } = {} }) => (training?.phase === undefined ? [] : [[1, { phase: training.phase }]]),
  },
  {
    name: 'likeness_training_progress_ratio',
    help: 'How much of the training under way is done, 0 to 1; 0 while none is',
    read: ({ status }) => (status?.training === undefined ? [] : [[(status.training.progressPercentage ?? 0) / 100]]),
  },
  {
    name: 'likeness_training_runs',
    help: 'Trainings ever started',
    read: ({ status }) => sampleOf(status?.training?.runs),
  },
  {
    name: 'likeness_training_consecutive_failures',
    help: 'Trainings that have failed in a row',
    read: ({ status }) => sampleOf(status?.training?.consecutiveFailures),
  },
  {
    name: 'likeness_training_last_success_timestamp_seconds',
    help: 'When the last training that succeeded began',
    read: ({ status }) => sampleOf(secondsOf(status?.training?.lastSuccessTime)),
  },
  {
    name: 'likeness_training_duration_seconds',
    help: 'How long the latest of the trainings took that are kept, by outcome; retries and waits for a node included',
    read: (_, jobs) => [...durations(jobs(), 'Complete', 'succeeded'), ...durations(jobs(), 'Failed', 'failed')],
  },
];

function durations(jobs: readonly TrainingJob[], condition: 'Complete' | 'Failed', outcome: string): Samples {
  const ended = jobs.flatMap((job) => {
    const [begin, end] = [Date.parse(String(job.metadata.creationTimestamp)), endTimeOf(job, condition)];
    return end === undefined ? [] : [{ end, seconds: (end - begin) / 1000 }];
  });
  return sampleOf(ended.toSorted((a, b) => a.end - b.end).at(-1)?.seconds, { outcome });
}
