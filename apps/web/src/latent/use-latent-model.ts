import { useEffect, useState } from 'react';
import type { Embedding } from '@gradpool/training';
import { openLatentModel, type LatentModel, type ModelFailure } from './latent-model.ts';
import type { ModelSource } from './messages.ts';

export interface Opening {
  /** Null until it is open. */
  readonly model: LatentModel | null;
  /** The embedding, or the share of it that is done, 0 to 1. */
  readonly embedding: Embedding | number;
  readonly failure: ModelFailure | null;
}

const opening: Opening = { model: null, embedding: 0, failure: null };

/** The model of a source that stays the same object for as long as it says the same. */
export function useLatentModel(source: ModelSource): Opening {
  const [now, setNow] = useState(opening);
  useEffect(() => {
    const note = (news: Partial<Opening>): void => {
      setNow((before) => ({ ...before, ...news }));
    };
    const close = openLatentModel({
      source,
      onOpen: (model) => {
        note({ model });
      },
      onProgress: (embedding) => {
        note({ embedding });
      },
      onEmbedded: (embedding) => {
        note({ embedding });
      },
      onFailure: (failure) => {
        note({ failure });
      },
    });
    return () => {
      close();
      setNow(opening);
    };
  }, [source]);
  return now;
}

/** Pictures of the newest codes; those shown before stay until the next are there. */
export function useDecoded({ decode }: LatentModel, codes: Float32Array): Uint8Array | null {
  const [pictures, setPictures] = useState<Uint8Array | null>(null);
  useEffect(() => {
    let overtaken = false;
    void decode(codes).then((decoded) => {
      if (!overtaken) setPictures(decoded);
    });
    return () => {
      overtaken = true;
    };
  }, [decode, codes]);
  return pictures;
}
