import { useEffect, useState } from 'react';
import { openLatentModel, type LatentModel } from './latent-model.ts';
import type { ModelSource } from './messages.ts';

export type Opening =
  | { readonly state: 'opening' }
  | { readonly state: 'open'; readonly model: LatentModel }
  | { readonly state: 'failed'; readonly error: unknown };

/** The model of a source that stays the same object for as long as it says the same. */
export function useLatentModel(source: ModelSource): Opening {
  const [opening, setOpening] = useState<Opening>({ state: 'opening' });
  useEffect(() => {
    const opened = openLatentModel(source);
    let left = false;
    opened.model.then(
      (model) => {
        if (!left) setOpening({ state: 'open', model });
      },
      (error: unknown) => {
        if (!left) setOpening({ state: 'failed', error });
      },
    );
    return () => {
      left = true;
      opened.close();
      setOpening({ state: 'opening' });
    };
  }, [source]);
  return opening;
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
