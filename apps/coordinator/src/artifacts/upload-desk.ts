import { httpLimits, type Digest } from '@gradpool/protocol';
import { Fault } from '../fault.ts';
import type { ArtifactStore } from './artifact-store.ts';
import type { SumUploads } from '../pooled/sum-uploads.ts';
import { tooLarge } from './folder-artifacts.ts';

/** Takes uploads in, so many at a time; a full disk ends the process, as any failed write does. */
export class UploadDesk {
  readonly artifacts: ArtifactStore;
  private readonly sums: Pick<SumUploads, 'put'>;
  private readonly uploadsMax: number;
  private readonly onFatal: (fault: Fault) => void;
  private underWay = 0;

  constructor(parts: {
    artifacts: ArtifactStore;
    sums: Pick<SumUploads, 'put'>;
    uploadsMax: number;
    onFatal: (fault: Fault) => void;
  }) {
    this.artifacts = parts.artifacts;
    this.sums = parts.sums;
    this.uploadsMax = parts.uploadsMax;
    this.onFatal = parts.onFatal;
  }

  /** `announced`: the length that the client says beforehand; 0 where it says none. `forRound`: of no use after the round. */
  async take(sha256: Digest, bytes: AsyncIterable<Uint8Array>, announced: number, forRound = false) {
    if (announced > httpLimits.artifactBytesMax) throw tooLarge(httpLimits.artifactBytesMax);
    if (this.underWay >= this.uploadsMax) {
      throw new Fault('E_FULL', `${this.uploadsMax} uploads are under way; try again in a second`, { status: 503 });
    }
    this.underWay += 1;
    try {
      const held = forRound ? await this.sums.put(sha256, bytes, announced) : null;
      return held ?? (await this.artifacts.put(sha256, bytes));
    } catch (error) {
      if (error instanceof Fault && error.code === 'E_DISK_FULL') this.onFatal(error);
      throw error;
    } finally {
      this.underWay -= 1;
    }
  }
}
