import { createHash } from 'node:crypto';
import { attemptOf, type State } from '@gradpool/coordination';
import { imageSize, keepsPictures, keptPictures, trialSpec, type DatasetManifest } from '@gradpool/experiment';
import type { Digest, EpochPicturesView, MessageOf, TrialId, WorkerId } from '@gradpool/protocol';
import type { UploadDesk } from '../artifacts/upload-desk.ts';
import type { Store, StoredPictures } from '../store/store.ts';

export interface PictureDeskParts {
  readonly state: State;
  readonly store: Pick<Store, 'putPictures' | 'pictures'>;
  readonly uploads: UploadDesk;
  readonly manifest: (digest: string) => DatasetManifest | null;
  /** Digests of all pictures in the store; what comes in is added. */
  readonly digests: Set<Digest>;
  readonly onStored: (pictures: StoredPictures) => void;
}

interface PictureFrame {
  readonly bytes: number;
  readonly epochs: number;
}

/** Takes in what workers reconstruct after an epoch: bytes become artifacts, rows say whose and when. */
export class PictureDesk {
  private readonly parts: PictureDeskParts;

  constructor(parts: PictureDeskParts) {
    this.parts = parts;
  }

  /**
   * Why the pictures are not taken, or their storing, after which viewers are told. Null where the lease is gone: then
   * they are of no interest. Rejects with a Fault where disk or store do not take them.
   */
  take(workerId: WorkerId, { lease, epoch, bytes }: MessageOf<'pictures'>): string | Promise<void> | null {
    const attempt = attemptOf(this.parts.state, lease);
    if (attempt?.workerId !== workerId) return null;
    const frame = this.frameOf(attempt.trialId);
    if (frame === null) return 'the data set or spec of this trial is not one that this coordinator reads';
    if (epoch > frame.epochs || !keepsPictures(epoch, frame.epochs)) {
      return `no pictures are kept of epoch ${epoch} of ${frame.epochs}`;
    }
    if (bytes.length !== frame.bytes)
      return `the pictures have ${bytes.length} bytes, those of this data set ${frame.bytes}`;
    return this.keep(attempt.trialId, epoch, bytes);
  }

  /** Of a trial, by epoch. */
  async of(trialId: TrialId): Promise<EpochPicturesView[]> {
    const stored = await this.parts.store.pictures(trialId);
    return stored.map(({ trialId: _trial, ...pictures }) => pictures);
  }

  private async keep(trialId: TrialId, epoch: number, bytes: Uint8Array): Promise<void> {
    const { uploads, store, digests, onStored } = this.parts;
    const sha256 = createHash('sha256').update(bytes).digest('hex') as Digest;
    // Wanted from now on, so that the file is not cleared away before its row is there.
    digests.add(sha256);
    await uploads.take(sha256, inOnePiece(bytes), bytes.length);
    const pictures = { trialId, epoch, sha256, bytes: bytes.length };
    await store.putPictures(pictures);
    onStored(pictures);
  }

  private frameOf(trialId: TrialId): PictureFrame | null {
    const { state, manifest } = this.parts;
    const trial = state.trials.get(trialId);
    const known = trial && frames.get(trial.cell);
    if (known) return known;
    const sweep = trial && state.sweeps.get(trial.row.sweepId);
    const data = sweep ? manifest(sweep.row.dataset) : null;
    const spec = trialSpec.safeParse(trial?.row.spec);
    if (!trial || !data || !spec.success) return null;
    const frame = {
      bytes: keptPictures(spec.data, data.test.images) * imageSize(data.image),
      epochs: spec.data.epochs,
    };
    frames.set(trial.cell, frame);
    return frame;
  }
}

/** The trials of a cell differ in their seed alone. */
const frames = new WeakMap<object, PictureFrame>();

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes);
}
