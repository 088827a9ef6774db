import { z } from 'zod';

/**
 * What a verification says of a trial besides single figures: the JSON behind `TrialView.details`. `confusion[truth][told]`
 * counts pictures; `points` of a ROC curve are [false positive rate, true positive rate] from [0, 0] to [1, 1].
 */
export const trialDetails = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('classification'),
    confusion: z
      .array(z.array(z.int().min(0)).max(256))
      .min(1)
      .max(256),
  }),
  z.object({
    kind: z.literal('anomaly'),
    anomalyClass: z.int().min(0),
    points: z
      .array(z.tuple([z.number(), z.number()]))
      .min(2)
      .max(1_000),
  }),
]);
export type TrialDetails = z.infer<typeof trialDetails>;

/** Details from the bytes of their artifact; null where they are none that this version reads. */
export function readTrialDetails(bytes: Uint8Array): TrialDetails | null {
  try {
    return trialDetails.safeParse(JSON.parse(new TextDecoder().decode(bytes))).data ?? null;
  } catch {
    return null;
  }
}
